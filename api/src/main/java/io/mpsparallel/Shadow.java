package io.mpsparallel;

import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.util.List;

/** Asks two versions of a model the same. Stateless, any thread. */
final class Shadow {
  private Shadow() {}

  /**
   * Compares the answers of a version that is to take over with those of the present one.
   *
   * @throws io.mpsparallel.error.InferenceException {@code OUTPUTS_DIFFER}, or what either fails
   *     with
   */
  static void compare(ShadowCheck check, StrategyModel present, StrategyModel next) {
    if (!check.requests().isEmpty()) {
      compare(check, check.requests(), present, next);
      return;
    }
    List<NamedTensors> cases = cases(present.placement());
    try {
      compare(check, cases.stream().map(InferenceRequest::of).toList(), present, next);
    } finally {
      cases.forEach(NamedTensors::close);
    }
  }

  /** The warm-up shapes as callers hand them in. */
  private static List<NamedTensors> cases(Placement at) {
    Signature signature = at.signature();
    return at.source().warmUp().orFixed(signature).specs(signature).stream()
        .map(shapes -> WarmUp.inputs(shapes, signature))
        .toList();
  }

  private static void compare(
      ShadowCheck check,
      List<InferenceRequest> requests,
      StrategyModel present,
      StrategyModel next) {
    for (int i = 0; i < requests.size(); i++) {
      try (InferenceResult was = present.infer(requests.get(i));
          InferenceResult is = next.infer(requests.get(i))) {
        check.compare(i, was.outputs(), is.outputs());
      }
    }
  }
}
