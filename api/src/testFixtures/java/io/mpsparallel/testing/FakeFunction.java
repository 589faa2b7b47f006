package io.mpsparallel.testing;

import io.mpsparallel.tensor.NamedTensors;

/** What a fake model computes. Called by several threads at once. */
@FunctionalInterface
public interface FakeFunction {
  /**
   * Computes outputs.
   *
   * @param inputs the inputs by name, borrowed for the call
   * @return the outputs, which the caller owns; an output may {@code share()} an input
   */
  NamedTensors apply(NamedTensors inputs);
}
