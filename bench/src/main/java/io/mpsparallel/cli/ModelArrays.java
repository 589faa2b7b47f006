package io.mpsparallel.cli;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The arrays of a NumPy file beside a model, whose names begin alike: {@code b1_in_x} with the
 * prefix {@code b1_in_} is called {@code x}. Any thread.
 */
public final class ModelArrays {
  private ModelArrays() {}

  /**
   * Reads them.
   *
   * @param file a {@code .npz} file
   * @param prefix how their names begin
   * @return the tensors, in the order of the file, which the caller closes
   */
  public static NamedTensors read(Path file, String prefix) {
    List<String> names = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    try (NpzFile npz = NpzFile.open(file)) {
      for (String key : npz.names()) {
        if (key.startsWith(prefix)) {
          tensors.add(npz.read(key));
          names.add(key.substring(prefix.length()));
        }
      }
    }
    return NamedTensors.of(names, tensors);
  }
}
