package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import java.util.List;

/**
 * Has another file of a model answer the same requests as the present one before it takes over, and
 * refuses it if the answers differ: for weights that were only converted or quantised, say.
 * Immutable, any thread.
 *
 * @param requests what to ask both; their inputs are borrowed until the swap is over. None for the
 *     warm-up shapes of the present file
 * @param tolerance how far values of a floating dtype may differ: by so much, or for values beyond
 *     1 by this part of them. Other values must be equal
 */
public record ShadowCheck(List<InferenceRequest> requests, double tolerance) {
  // Copies the list and checks the range.
  public ShadowCheck {
    requests = List.copyOf(requests);
    if (!(tolerance >= 0) || Double.isInfinite(tolerance)) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID, "tolerance: " + tolerance + " (expected: at least 0)");
    }
  }

  /**
   * A check by the warm-up shapes.
   *
   * @param tolerance how far values may differ
   * @return the check
   */
  public static ShadowCheck within(double tolerance) {
    return new ShadowCheck(List.of(), tolerance);
  }

  /**
   * Compares two answers to the same request.
   *
   * @param which the request's number, for the message
   * @throws InferenceException {@code OUTPUTS_DIFFER}
   */
  void compare(int which, NamedTensors present, NamedTensors next) {
    if (!present.names().equals(next.names()) || present.size() != next.size()) {
      throw differ(which, "outputs " + next + " (expected: " + present + ")");
    }
    for (int i = 0; i < present.size(); i++) {
      String name = present.names().isEmpty() ? "output " + i : present.names().get(i);
      Tensor was = present.get(i);
      Tensor is = next.get(i);
      if (!was.spec().equals(is.spec())) {
        throw differ(which, name + ": " + is.spec() + " (expected: " + was.spec() + ")");
      }
      if (was.spec().dtype().isFloating()) {
        compare(which, name, was.toFloatArray(), is.toFloatArray());
      } else if (!was.buffer().equals(is.buffer())) {
        throw differ(which, name + ": other values of " + was.spec().dtype());
      }
    }
  }

  private void compare(int which, String name, float[] was, float[] is) {
    for (int i = 0; i < was.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs((double) was[i]));
      boolean same = Float.compare(was[i], is[i]) == 0;
      if (!same && !(Math.abs((double) was[i] - is[i]) <= allowed)) {
        throw differ(
            which,
            name + "[" + i + "]: " + is[i] + " (expected: " + was[i] + " within " + allowed + ")");
      }
    }
  }

  private static InferenceException differ(int which, String what) {
    return new InferenceException(ErrorCode.OUTPUTS_DIFFER, "request " + which + ": " + what);
  }
}
