package io.mpsparallel.tensor;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NamedTensorsTest {
  private final Tensor one = Tensor.of(new int[] {1}, 1);
  private final Tensor two = Tensor.of(new long[] {2, 3}, 2);

  @AfterEach
  void closeTensors() {
    one.close();
    two.close();
  }

  @Test
  void of_tensors_areKnownByPositionAlone() {
    NamedTensors list = NamedTensors.of(one, two);
    assertThat(list.size()).isEqualTo(2);
    assertThat(list.names()).isEmpty();
    assertThat(list.asMap()).isEmpty();
    assertThat(list.get(1)).isSameAs(two);
    assertThat(list.tensors()).containsExactly(one, two);
    assertThat(list).hasToString("[int32[1], int64[2]]");
  }

  @Test
  void of_namesAndTensors_areFoundByEither() {
    NamedTensors list = NamedTensors.of(List.of("a", "b.0"), List.of(one, two));
    assertThat(list.names()).containsExactly("a", "b.0");
    assertThat(list.get("b.0")).isSameAs(two);
    assertThat(list.get(0)).isSameAs(one);
    assertThat(list.asMap()).containsExactly(Map.entry("a", one), Map.entry("b.0", two));
    assertThat(list).hasToString("[a: int32[1], b.0: int64[2]]");
  }

  @Test
  void of_map_keepsItsOrder() {
    Map<String, Tensor> map = new LinkedHashMap<>();
    map.put("z", two);
    map.put("a", one);
    NamedTensors list = NamedTensors.of(map);
    assertThat(list.names()).containsExactly("z", "a");
    assertThat(list.tensors()).containsExactly(two, one);
  }

  @Test
  void of_wrongNames_areRefused() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> NamedTensors.of(List.of("a"), List.of(one, two)),
        "names: [a] (expected: 2 of them)");
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> NamedTensors.of(List.of("a", "a"), List.of(one, two)),
        "names: [a, a] has doubles");
    assertThatThrownBy(() -> NamedTensors.of(one, null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void of_listsChangedLater_keepsWhatWasGiven() {
    List<String> names = new ArrayList<>(List.of("a"));
    List<Tensor> tensors = new ArrayList<>(List.of(one));
    NamedTensors list = NamedTensors.of(names, tensors);
    names.set(0, "b");
    tensors.set(0, two);
    assertThat(list.get("a")).isSameAs(one);
  }

  @Test
  void get_whatIsNotThere_saysWhatIs() {
    NamedTensors list = NamedTensors.of(List.of("a"), List.of(one));
    assertFails(ErrorCode.INVALID_INPUT, () -> list.get(1), "tensor 1 (expected: 0..0)");
    assertFails(ErrorCode.INVALID_INPUT, () -> list.get(-1), "tensor -1");
    assertFails(ErrorCode.INVALID_INPUT, () -> list.get("b"), "tensor 'b' (expected one of: [a])");
    assertThatThrownBy(() -> list.get((String) null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void close_closesEachTensorOnce() {
    AtomicInteger releases = new AtomicInteger();
    Tensor adopted =
        Tensor.adopt(
            ByteBuffer.allocateDirect(1), TensorSpec.of(DType.INT8, 1), releases::incrementAndGet);
    NamedTensors list = NamedTensors.of(adopted, one);
    list.close();
    list.close();
    assertThat(adopted.isClosed()).isTrue();
    assertThat(one.isClosed()).isTrue();
    assertThat(releases).hasValue(1);
  }

  @Test
  void share_closingTheFirst_leavesTheSecondUsable() {
    NamedTensors list = NamedTensors.of(List.of("a", "b"), List.of(one, two));
    try (NamedTensors shared = list.share()) {
      one.buffer().putInt(0, 9);
      list.close();
      assertThat(shared.get("a").toIntArray()).containsExactly(9);
      assertThat(shared.get("b").toLongArray()).containsExactly(2, 3);
    }
  }

  @Test
  void detach_laterWrites_areNotSeen() {
    NamedTensors list = NamedTensors.of(List.of("a", "b"), List.of(one, two));
    try (NamedTensors copies = list.detach()) {
      one.buffer().putInt(0, 9);
      list.close();
      assertThat(copies.names()).containsExactly("a", "b");
      assertThat(copies.get("a").toIntArray()).containsExactly(1);
    }
  }

  @Test
  void share_oneTensorClosed_givesTheOthersBack() {
    AtomicInteger releases = new AtomicInteger();
    Tensor adopted =
        Tensor.adopt(
            ByteBuffer.allocateDirect(1), TensorSpec.of(DType.INT8, 1), releases::incrementAndGet);
    NamedTensors list = NamedTensors.of(adopted, one);
    one.close();
    assertFails(ErrorCode.CLOSED, list::share, "Tensor int32[1] was closed");
    assertFails(ErrorCode.CLOSED, list::detach, "Tensor int32[1] was closed");
    adopted.close();
    assertThat(releases).hasValue(1); // no handle was left behind
  }
}
