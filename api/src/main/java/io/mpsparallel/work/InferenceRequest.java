package io.mpsparallel.work;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Inputs, and how urgent the answer is. Immutable, any thread.
 *
 * <p>{@code infer} borrows the inputs until it returns; {@code submit} and {@code map} own them,
 * and close them whatever becomes of the request. To keep one, hand over {@link Tensor#share()}.
 */
public final class InferenceRequest {
  private final NamedTensors inputs;
  private final @Nullable Duration deadline;
  private final Priority priority;
  private final @Nullable String id;

  private InferenceRequest(
      NamedTensors inputs, @Nullable Duration deadline, Priority priority, @Nullable String id) {
    this.inputs = requireNonNull(inputs, "inputs");
    this.deadline = deadline;
    this.priority = requireNonNull(priority, "priority");
    this.id = id;
  }

  /**
   * A request with inputs in the order of the model's signature.
   *
   * @param inputs the inputs
   * @return the request
   */
  public static InferenceRequest of(Tensor... inputs) {
    return of(NamedTensors.of(inputs));
  }

  /**
   * A request with inputs by name.
   *
   * @param inputs the inputs; parts of structured ones under dotted names
   * @return the request
   */
  public static InferenceRequest of(Map<String, Tensor> inputs) {
    return of(NamedTensors.of(inputs));
  }

  /**
   * A request with inputs by name or position.
   *
   * @param inputs the inputs
   * @return the request
   */
  public static InferenceRequest of(NamedTensors inputs) {
    return new InferenceRequest(inputs, null, Priority.NORMAL, null);
  }

  /**
   * The same request with a deadline: if it has not reached a device by then, it fails with {@code
   * DEADLINE_EXCEEDED}.
   *
   * @param after how long after it is handed in
   * @return the changed request
   */
  public InferenceRequest withDeadline(Duration after) {
    if (after.isNegative() || after.isZero()) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT, "deadline: " + after + " (expected: more than 0)");
    }
    return new InferenceRequest(inputs, after, priority, id);
  }

  /**
   * The same request with a priority.
   *
   * @param changed the priority
   * @return the changed request
   */
  public InferenceRequest withPriority(Priority changed) {
    return new InferenceRequest(inputs, deadline, changed, id);
  }

  /**
   * The same request with a name, for logs: while its call runs, its failure is logged, or what its
   * caller hung on its future runs on a lane, SLF4J's {@code MDC} has the name under {@value
   * LogContext#REQUEST} and the model's file under {@value LogContext#MODEL}.
   *
   * @param name the id of a trace or of a user's request, say; it need not be unique
   * @return the changed request
   */
  public InferenceRequest withId(String name) {
    return new InferenceRequest(inputs, deadline, priority, requireNonNull(name, "id"));
  }

  /** {@return the inputs} */
  public NamedTensors inputs() {
    return inputs;
  }

  /** {@return how long after it is handed in the request becomes useless, if it says so} */
  public Optional<Duration> deadline() {
    return Optional.ofNullable(deadline);
  }

  /** {@return the priority} */
  public Priority priority() {
    return priority;
  }

  /** {@return what its caller calls the request, if it has a name} */
  public Optional<String> id() {
    return Optional.ofNullable(id);
  }
}
