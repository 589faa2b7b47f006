package io.mpsparallel.work;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkItemTest {
  private final AtomicInteger retired = new AtomicInteger();
  private final ModelVersion version = new ModelVersion(Map.of(), retired::incrementAndGet);
  private final Tensor input = Tensor.of(new int[] {1}, 1);
  private final Tensor output = Tensor.of(new int[] {2}, 1);

  private WorkItem item(boolean owned) {
    return new WorkItem(
        version, NamedTensors.of(input), owned, Priority.HIGH, WorkItem.NO_DEADLINE);
  }

  /** The owner leaves: from now on the item's use is the only one. */
  private void assertReleasesItsUseOnce() {
    version.release();
    assertThat(retired).hasValue(1);
  }

  @Test
  void succeed_ownedInputs_answersAndLetsGo() {
    WorkItem item = item(true);
    item.succeed(NamedTensors.of(output), Items.SERVED);
    try (InferenceResult result = item.join()) {
      assertThat(result.tensor()).isSameAs(output);
      assertThat(result.served()).isSameAs(Items.SERVED);
      assertThat(output.isClosed()).isFalse();
    }
    assertThat(input.isClosed()).isTrue();
    assertReleasesItsUseOnce();
  }

  @Test
  void succeed_borrowedInputs_leavesThemOpen() {
    WorkItem item = item(false);
    item.succeed(NamedTensors.of(output), Items.SERVED);
    assertThat(input.isClosed()).isFalse();
    item.join().close();
    assertThat(output.isClosed()).isTrue();
    assertReleasesItsUseOnce();
  }

  @Test
  void succeed_cancelledMeanwhile_closesTheOutputs() {
    WorkItem item = item(true);
    assertThat(item.cancel(false)).isTrue();
    assertThat(input.isClosed()).as("before the strategy lets go").isFalse();
    item.succeed(NamedTensors.of(output), Items.SERVED);
    assertThat(output.isClosed()).isTrue();
    assertThat(input.isClosed()).isTrue();
    assertThat(item).isCancelled();
    assertReleasesItsUseOnce();
  }

  @Test
  void fail_ownedInputs_failsAndLetsGo() {
    WorkItem item = item(true);
    InferenceException failure = new InferenceException(ErrorCode.MODEL_FAILED, "no");
    item.fail(failure);
    assertThat(item).isCompletedExceptionally();
    assertThat(item.handle((result, e) -> e).join()).isSameAs(failure);
    assertThat(input.isClosed()).isTrue();
    assertReleasesItsUseOnce();
  }

  @Test
  void succeed_inputThrowsAnError_letsGoOfTheRest() {
    Error scripted = new StackOverflowError("scripted");
    Tensor deadly =
        Tensor.adopt(
            ByteBuffer.allocateDirect(4),
            TensorSpec.of(DType.INT32, 1),
            () -> {
              throw scripted;
            });
    WorkItem item =
        new WorkItem(version, NamedTensors.of(deadly), true, Priority.HIGH, WorkItem.NO_DEADLINE);
    assertThatThrownBy(() -> item.succeed(NamedTensors.of(output), Items.SERVED))
        .isSameAs(scripted);
    assertThat(output.isClosed()).isTrue();
    assertThat(item).isNotDone();
    assertReleasesItsUseOnce();
    input.close();
  }

  @Test
  void drop_cancelsAndLetsGo() {
    WorkItem item = item(true);
    item.drop();
    assertThat(item).isCancelled();
    assertThat(input.isClosed()).isTrue();
    assertReleasesItsUseOnce();
  }

  @Test
  void finish_again_releasesOneUseOnly() {
    WorkItem first = item(false);
    WorkItem second = item(false);
    first.finish();
    first.finish();
    first.drop();
    version.release();
    assertThat(retired).hasValue(0);
    second.finish();
    assertThat(retired).hasValue(1);
  }

  @Test
  void new_retiredVersion_isRefusedAndLeavesTheInputs() {
    version.release();
    assertFails(ErrorCode.CLOSED, () -> item(true).drop(), "the model was closed");
    assertThat(input.isClosed()).isFalse();
  }

  @Test
  void isExpired_comparesAcrossTheOverflowOfTheClock() {
    long deadline = Long.MAX_VALUE - 5;
    WorkItem item = Items.item(Priority.LOW, deadline);
    assertThat(item.isExpired(deadline)).isFalse();
    assertThat(item.isExpired(deadline + 1)).isTrue();
    assertThat(item.isExpired(Long.MIN_VALUE + 3)).isTrue();
    assertThat(Items.item().isExpired(Long.MAX_VALUE)).isFalse();
    assertThat(Items.item().isExpired(Long.MIN_VALUE)).isFalse();
  }

  @Test
  void facts_areThoseGiven() {
    WorkItem item = item(true);
    assertThat(item.version()).isSameAs(version);
    assertThat(item.inputs().get(0)).isSameAs(input);
    assertThat(item.priority()).isEqualTo(Priority.HIGH);
    assertThat(item.deadlineNanos()).isEqualTo(WorkItem.NO_DEADLINE);
    assertThat(item.thenApply(result -> 1)).isNotInstanceOf(WorkItem.class);
    item.drop();
  }

  @Test
  void fail_inputAndModelFailToClose_answersAndClosesTheRest() {
    Runnable failing =
        () -> {
          throw new IllegalStateException("scripted");
        };
    ModelVersion stubborn = new ModelVersion(Map.of(), failing);
    Tensor first = Tensor.adopt(ByteBuffer.allocateDirect(4), input.spec(), failing);
    WorkItem item =
        new WorkItem(
            stubborn, NamedTensors.of(first, input), true, Priority.HIGH, WorkItem.NO_DEADLINE);
    stubborn.release();
    item.fail(new InferenceException(ErrorCode.MODEL_FAILED, "scripted"));
    assertThat(item).isCompletedExceptionally();
    assertThat(input.isClosed()).isTrue();
    output.close();
  }
}
