package io.mpsparallel.work;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InferenceRequestTest {
  @Test
  void of_inputs_haveNormalPriorityAndNoDeadline() {
    try (Tensor tensor = Tensor.of(new int[1], 1)) {
      InferenceRequest request = InferenceRequest.of(tensor);
      assertThat(request.inputs().tensors()).containsExactly(tensor);
      assertThat(request.priority()).isEqualTo(Priority.NORMAL);
      assertThat(request.deadline()).isEmpty();
      assertThat(InferenceRequest.of(Map.of("x", tensor)).inputs().names()).containsExactly("x");
    }
  }

  @Test
  void with_onePart_keepsTheOther() {
    NamedTensors inputs = NamedTensors.of();
    Duration second = Duration.ofSeconds(1);
    InferenceRequest plain = InferenceRequest.of(inputs);
    InferenceRequest both = plain.withDeadline(second).withPriority(Priority.LOW);
    InferenceRequest swapped = plain.withPriority(Priority.LOW).withDeadline(second);
    for (InferenceRequest request : new InferenceRequest[] {both, swapped}) {
      assertThat(request.deadline()).contains(second);
      assertThat(request.priority()).isEqualTo(Priority.LOW);
      assertThat(request.inputs()).isSameAs(inputs);
    }
    assertThat(plain.deadline()).isEmpty();
  }

  @Test
  void with_badValues_areRefused() {
    InferenceRequest request = InferenceRequest.of(NamedTensors.of());
    for (Duration bad : new Duration[] {Duration.ZERO, Duration.ofNanos(-1)}) {
      assertFails(
          ErrorCode.INVALID_INPUT,
          () -> request.withDeadline(bad),
          "deadline: " + bad + " (expected: more than 0)");
    }
    assertThatThrownBy(() -> request.withPriority(null)).hasMessage("priority");
    assertThatThrownBy(() -> InferenceRequest.of((NamedTensors) null)).hasMessage("inputs");
  }
}
