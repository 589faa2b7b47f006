package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link BodyWriter} wrote, and believes none of it: every count, length and offset is
 * read once, into a variable, and checked against what remains. One thread.
 *
 * <p>Everything throws {@code InferenceException}, {@code NATIVE_FAILURE}, on what cannot be: then
 * the writer is broken, and is replaced.
 */
final class BodyReader {
  private static final List<DType> DTYPES = List.of(DType.values());

  private final ByteBuffer in;

  /** Over all bytes from the buffer's position to its limit. */
  BodyReader(ByteBuffer body) {
    in = body.slice().order(ByteOrder.nativeOrder());
  }

  int getInt() {
    expect(Integer.BYTES);
    return in.getInt();
  }

  long getLong() {
    expect(Long.BYTES);
    return in.getLong();
  }

  String getText() {
    int length = getInt();
    expect(length);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private void expect(long bytes) {
    if (bytes < 0 || bytes > in.remaining()) {
      throw corrupt(bytes + " bytes where " + in.remaining() + " are left", null);
    }
  }

  /** {@return how many bytes are left; for counts, of which none can be larger} */
  int remaining() {
    return in.remaining();
  }

  /**
   * Tensors over the body's own memory.
   *
   * @param release run when the last of them is closed; at once if there are none; never if this
   *     throws
   */
  NamedTensors getTensors(Runnable release) {
    int count = getInt();
    if (count < 0 || count > BodyWriter.MOST_TENSORS) {
      throw corrupt(count + " tensors (expected: 0.." + BodyWriter.MOST_TENSORS + ")", null);
    }
    boolean named = getInt() != 0;
    List<String> names = new ArrayList<>();
    List<TensorSpec> specs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (named) {
        names.add(getText());
      }
      specs.add(getSpec());
    }
    return over(names, specs, release);
  }

  private TensorSpec getSpec() {
    int code = getInt();
    DType dtype = SlabLayout.constant(DTYPES, code);
    if (dtype == null) {
      throw corrupt("dtype " + code, null);
    }
    int rank = getInt();
    if (rank < 0 || rank > TensorSpec.MAX_RANK) {
      throw corrupt("rank " + rank, null);
    }
    long[] shape = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      shape[axis] = getLong();
    }
    try {
      return TensorSpec.of(dtype, shape);
    } catch (InferenceException e) {
      throw corrupt(e.detail(), e);
    }
  }

  private NamedTensors over(List<String> names, List<TensorSpec> specs, Runnable release) {
    List<ByteBuffer> memories = new ArrayList<>(specs.size());
    for (TensorSpec spec : specs) {
      memories.add(memoryOf(spec));
    }
    Runnable countdown = last(specs.size(), release);
    List<Tensor> tensors = new ArrayList<>(specs.size());
    for (int i = 0; i < specs.size(); i++) {
      tensors.add(Tensor.adopt(memories.get(i), specs.get(i), countdown));
    }
    try {
      NamedTensors all = NamedTensors.of(names, tensors);
      if (specs.isEmpty()) {
        release.run();
      }
      return all;
    } catch (InferenceException e) {
      throw corrupt(e.detail(), e); // two of one name
    }
  }

  private ByteBuffer memoryOf(TensorSpec spec) {
    long offset = SlabLayout.aligned(in.position());
    if (spec.byteLength() > in.limit() - offset) {
      throw corrupt(spec + " at byte " + offset + " of " + in.limit(), null);
    }
    int bytes = (int) spec.byteLength();
    int start = Math.min((int) offset, in.limit()); // an empty one at the end
    in.position(start + bytes);
    return in.slice(start, bytes);
  }

  private static Runnable last(int owners, Runnable release) {
    if (owners == 1) {
      return release;
    }
    AtomicInteger left = new AtomicInteger(owners);
    return () -> {
      if (left.decrementAndGet() == 0) {
        release.run();
      }
    };
  }

  private static InferenceException corrupt(String what, @Nullable Throwable cause) {
    return new InferenceException(ErrorCode.NATIVE_FAILURE, "a broken body: " + what, cause);
  }
}
