package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** What was written is read, and what cannot have been written is refused. */
class BodyTest {
  private static final List<DType> DTYPES = List.of(DType.values());

  private static NamedTensors random(Random random, int count, boolean named) {
    List<String> names = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long[] shape = random.ints(random.nextInt(4), 0, 6).asLongStream().toArray();
      DType dtype = DTYPES.get(random.nextInt(DTYPES.size()));
      byte[] bytes = new byte[(int) TensorSpec.of(dtype, shape).byteLength()];
      random.nextBytes(bytes);
      tensors.add(Tensor.of(dtype, bytes, shape));
      names.add("größe." + i);
    }
    return NamedTensors.of(named && count > 0 ? names : List.of(), tensors);
  }

  private static ByteBuffer written(NamedTensors tensors, boolean staged) {
    int bytes = (int) BodyWriter.bytesFor(tensors);
    ByteBuffer room = ByteBuffer.allocateDirect(bytes);
    BodyWriter out = new BodyWriter(room);
    if (staged) {
      NamedTensors places = out.stage(tensors.names(), LinkPair.specs(tensors));
      for (int i = 0; i < places.size(); i++) {
        places.get(i).copyFrom(ByteBuffer.wrap(tensors.get(i).toByteArray()));
      }
    } else {
      out.put(tensors);
    }
    assertThat(out.length()).isEqualTo(bytes);
    return room;
  }

  @Property(tries = 200)
  void tensors_writtenAndRead_areTheSame(
      @ForAll long seed,
      @ForAll @IntRange(max = 6) int count,
      @ForAll boolean named,
      @ForAll boolean staged) {
    AtomicInteger released = new AtomicInteger();
    try (NamedTensors tensors = random(new Random(seed), count, named)) {
      BodyReader in = new BodyReader(written(tensors, staged));
      NamedTensors read = in.getTensors(released::incrementAndGet);
      assertThat(read.names()).isEqualTo(tensors.names());
      assertThat(LinkPair.specs(read)).isEqualTo(LinkPair.specs(tensors));
      for (int i = 0; i < count; i++) {
        assertThat(read.get(i).toByteArray()).isEqualTo(tensors.get(i).toByteArray());
      }
      assertThat(released).hasValue(count == 0 ? 1 : 0);
      read.close();
      assertThat(released).hasValue(1);
    }
  }

  @Property(tries = 2000)
  void body_withAnyWordChanged_isReadInBoundsOrRefused(
      @ForAll long seed, @ForAll boolean named, @ForAll int value) {
    Random random = new Random(seed);
    try (NamedTensors tensors = random(random, 1 + random.nextInt(3), named)) {
      ByteBuffer body = written(tensors, false);
      int word = random.nextInt(Math.min(body.capacity(), 128) / 4);
      body.order(ByteOrder.nativeOrder()).putInt(4 * word, value);
      try (NamedTensors read = new BodyReader(body).getTensors(() -> {})) {
        read.tensors().forEach(tensor -> assertThat(tensor.toByteArray()).isNotNull());
      } catch (InferenceException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.NATIVE_FAILURE);
      }
    }
  }

  @Property(tries = 500)
  void body_ofAnyBytes_isReadInBoundsOrRefused(@ForAll byte[] bytes) {
    ByteBuffer body = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    try (NamedTensors read = new BodyReader(body).getTensors(() -> {})) {
      assertThat(read.size()).isLessThanOrEqualTo(bytes.length);
    } catch (InferenceException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.NATIVE_FAILURE);
    }
  }

  @Test
  void values_inAWriterThatGrows_areRead() {
    BodyWriter out = BodyWriter.growing();
    for (int i = 0; i < 500; i++) {
      out.putInt(i);
      out.putLong(-i);
      out.putText("ä" + i);
    }
    ByteBuffer room = ByteBuffer.allocateDirect(out.length());
    out.copyTo(room);
    BodyReader in = new BodyReader(room);
    for (int i = 0; i < 500; i++) {
      assertThat(in.getInt()).isEqualTo(i);
      assertThat(in.getLong()).isEqualTo(-i);
      assertThat(in.getText()).isEqualTo("ä" + i);
    }
    assertThat(in.remaining()).isZero();
    assertThatThrownBy(in::getInt).isInstanceOf(InferenceException.class);
  }

  @Test
  void writer_withoutRoom_saysSo() {
    BodyWriter out = new BodyWriter(ByteBuffer.allocateDirect(7));
    out.putInt(1);
    assertThatThrownBy(() -> out.putInt(2)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void failure_ofAnUnknownCode_isANativeFailure() {
    BodyWriter out = BodyWriter.growing();
    out.putText("NEVER_HEARD_OF");
    out.putText("why");
    ByteBuffer room = ByteBuffer.allocateDirect(out.length());
    out.copyTo(room);
    InferenceException failure = Failures.get(new BodyReader(room));
    assertThat(failure.code()).isEqualTo(ErrorCode.NATIVE_FAILURE);
    assertThat(failure).hasMessageContaining("NEVER_HEARD_OF: why");
  }
}
