package io.mpsparallel.mps;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What forwards have in common that one recording can serve. Immutable.
 *
 * @param model compared by identity
 * @param names the names of the inputs; none if they go by position
 * @param specs dtype and shape of each input
 */
record ForwardKey(TorchModel model, List<String> names, List<TensorSpec> specs) {
  static ForwardKey of(TorchModel model, NamedTensors inputs) {
    List<TensorSpec> specs = new ArrayList<>(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      specs.add(inputs.get(i).spec());
    }
    return new ForwardKey(model, inputs.names(), specs);
  }

  /** The size of all inputs. */
  long bytes() {
    long bytes = 0;
    for (TensorSpec spec : specs) {
      bytes += spec.byteLength();
    }
    return bytes;
  }
}
