package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One {@code --input}: {@code [NAME=]FILE.npy}, {@code [NAME=]FILE.npz[KEY]} or {@code FILE.npz}.
 * Immutable, any thread.
 *
 * @param name the input's name, or null if its position says which it is
 * @param file the file
 * @param key which array of the file, or null for all (of {@code .npz}) or the only one
 */
record InputArgument(@Nullable String name, Path file, @Nullable String key) {
  private static final Pattern NAMED = Pattern.compile("([A-Za-z_][A-Za-z0-9_.]*)=(.+)");
  private static final Pattern KEYED = Pattern.compile("(.+\\.npz)\\[(.+)]");
  private static final Pattern NUMBERED = Pattern.compile("arr_\\d+");

  /**
   * Reads the text of an option.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static InputArgument parse(String text) {
    Matcher named = NAMED.matcher(text);
    String name = named.matches() ? named.group(1) : null;
    String rest = named.matches() ? named.group(2) : text;
    Matcher keyed = KEYED.matcher(rest);
    if (keyed.matches()) {
      return new InputArgument(name, Path.of(keyed.group(1)), keyed.group(2));
    }
    boolean whole = rest.endsWith(".npz");
    if (!whole && !rest.endsWith(".npy")) {
      throw new IllegalArgumentException(
          "'" + text + "' (expected: [NAME=]FILE.npy, [NAME=]FILE.npz[KEY] or FILE.npz)");
    }
    if (whole && name != null) {
      throw new IllegalArgumentException(
          "'" + text + "' names one input (expected: " + text + "[KEY])");
    }
    return new InputArgument(name, Path.of(rest), null);
  }

  /**
   * Reads all inputs.
   *
   * @param arguments what to read, in order
   * @return the tensors, all with names or all without, which the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if a file is bad, or some have names and some
   *     have not
   */
  static NamedTensors read(List<InputArgument> arguments) {
    List<String> names = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    try {
      for (InputArgument argument : arguments) {
        argument.addTo(names, tensors);
      }
      if (!names.isEmpty() && names.size() != tensors.size()) {
        throw new InferenceException(
            ErrorCode.INVALID_INPUT,
            "inputs: only "
                + names
                + " of "
                + tensors.size()
                + " have names (expected: all or none)");
      }
      return NamedTensors.of(names, tensors);
    } catch (RuntimeException e) {
      tensors.forEach(Tensor::close);
      throw e;
    }
  }

  private void addTo(List<String> names, List<Tensor> tensors) {
    if (!file.toString().endsWith(".npz")) {
      tensors.add(NpyFormat.read(file));
    } else {
      try (NpzFile npz = NpzFile.open(file)) {
        if (key == null) {
          addAll(npz, names, tensors);
          return;
        }
        tensors.add(npz.read(key));
      }
    }
    if (name != null) {
      names.add(name);
    }
  }

  /** {@code numpy.savez} calls arrays without names arr_0, arr_1: those go by position. */
  private static void addAll(NpzFile npz, List<String> names, List<Tensor> tensors) {
    tensors.addAll(npz.readAll().tensors());
    if (!npz.names().stream().allMatch(n -> NUMBERED.matcher(n).matches())) {
      names.addAll(npz.names());
    }
  }
}
