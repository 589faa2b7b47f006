package io.mpsparallel;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wrong inputs of each kind, made while a model is loaded, so that a caller's first mistakes cost
 * no class loading: it took milliseconds. Any thread.
 */
final class FirstMistakes {
  private static final Logger LOG = LoggerFactory.getLogger(FirstMistakes.class);

  private FirstMistakes() {}

  /** Makes each once. */
  static void make() {
    InputSpec ids = InputSpec.of("ids", DType.INT64, 1).withRange(new IndexRange(0, 0));
    Signature signature = new Signature(List.of(ids), List.of());
    try (Tensor wrongShape = Tensor.of(new long[1]);
        Tensor outOfRange = Tensor.of(new long[] {1}, 1)) {
      makeMistake(signature, NamedTensors.of());
      makeMistake(signature, NamedTensors.of(wrongShape));
      makeMistake(signature, NamedTensors.of(outOfRange));
      makeMistake(signature, NamedTensors.of(List.of("other"), List.of(outOfRange)));
    }
  }

  private static void makeMistake(Signature signature, NamedTensors inputs) {
    try {
      signature.check(inputs);
    } catch (InferenceException expected) {
      LOG.trace("as expected", expected);
    }
  }
}
