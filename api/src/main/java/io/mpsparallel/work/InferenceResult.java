package io.mpsparallel.work;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.util.List;

/**
 * The outputs of one inference. Whoever receives it closes it; its tensors, unless shared or
 * detached, go with it. Any thread.
 */
public final class InferenceResult implements AutoCloseable {
  private final NamedTensors outputs;
  private final Served served;

  /**
   * For strategies.
   *
   * @param outputs the outputs, which the result owns from now on
   * @param served how they came about
   */
  public InferenceResult(NamedTensors outputs, Served served) {
    this.outputs = requireNonNull(outputs, "outputs");
    this.served = requireNonNull(served, "served");
  }

  /** {@return the first output, which most models have no second to} */
  public Tensor tensor() {
    return outputs.get(0);
  }

  /**
   * An output by its position.
   *
   * @param index from 0
   * @return the output, which this result goes on to own
   */
  public Tensor tensor(int index) {
    return outputs.get(index);
  }

  /**
   * An output by its name.
   *
   * @param name the name
   * @return the output, which this result goes on to own
   */
  public Tensor tensor(String name) {
    return outputs.get(name);
  }

  /** {@return the names of the outputs, in order} */
  public List<String> names() {
    return outputs.names();
  }

  /** {@return all outputs, which this result goes on to own} */
  public NamedTensors outputs() {
    return outputs;
  }

  /** {@return which strategy and device served the request} */
  public Served served() {
    return served;
  }

  /**
   * A copy of the outputs in memory of their own, which share nothing with this result or with the
   * inputs.
   *
   * @return a result that the caller closes
   */
  public InferenceResult detach() {
    return new InferenceResult(outputs.detach(), served);
  }

  /** Closes the outputs. Idempotent. */
  @Override
  public void close() {
    outputs.close();
  }

  @Override
  public String toString() {
    return "InferenceResult " + outputs + " by " + served.strategy() + " on " + served.device();
  }
}
