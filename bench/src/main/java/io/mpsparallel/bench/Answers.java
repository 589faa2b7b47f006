package io.mpsparallel.bench;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAccumulator;

/**
 * Different inputs with the right answer to each, to check what many threads answer. Any thread.
 */
final class Answers {
  /** How far an answer may be off. */
  static final double TOLERANCE = 1e-4;

  private final Tensor[] inputs;
  private final float[][] right;
  private final DoubleAccumulator difference = new DoubleAccumulator(Math::max, 0);
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  /**
   * Asks one model, from one thread, for the answers that are taken for right.
   *
   * @param model the model
   * @param inputs which stay the caller's, and open
   */
  Answers(LoadedModel model, Tensor... inputs) {
    this.inputs = inputs.clone();
    right = new float[inputs.length][];
    for (int i = 0; i < inputs.length; i++) {
      try (InferenceResult result = model.infer(inputs[i])) {
        right[i] = result.tensor().toFloatArray();
      }
    }
  }

  /** {@return how many there are} */
  int count() {
    return inputs.length;
  }

  /** {@return a job that asks another model for all of them in turn, and checks its answers} */
  Job job(LoadedModel model) {
    return Job.of(model, request -> inputs[(int) (request % inputs.length)], this::check);
  }

  private void check(long request, InferenceResult result) {
    threads.add(Thread.currentThread());
    float[] expected = right[(int) (request % right.length)];
    float[] values = result.tensor().toFloatArray();
    difference.accumulate(difference(values, expected));
  }

  /**
   * {@return the largest difference of a value; infinite where one is no number}
   *
   * @throws IllegalStateException if there are more values, or fewer
   */
  static double difference(float[] values, float[] expected) {
    if (values.length != expected.length) {
      throw new IllegalStateException(
          "values: " + values.length + " (expected: " + expected.length + ")");
    }
    double most = 0;
    for (int i = 0; i < values.length; i++) {
      double off = Math.abs(values[i] - expected[i]);
      most = Math.max(most, Double.isNaN(off) ? Double.POSITIVE_INFINITY : off);
    }
    return most;
  }

  /** {@return the largest difference of a value so far} */
  double difference() {
    return difference.get();
  }

  /** {@return whether all answers so far are right} */
  boolean areRight() {
    return difference() <= TOLERANCE;
  }

  /** {@return how many threads of lanes brought answers} */
  long lanes() {
    return threads.stream().filter(LaneIdleness::isLane).count();
  }
}
