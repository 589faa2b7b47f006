package io.mpsparallel.cli;

import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One {@code --shape}: {@code [NAME=]1x512[:dtype]}. Immutable, any thread.
 *
 * @param name the input's name, or null if its position says which it is
 * @param dims its shape, rows first
 * @param dtype its element type, or null for what the model declares, else float32
 */
record BenchInput(@Nullable String name, List<Long> dims, @Nullable DType dtype) {
  private static final Pattern FORM =
      Pattern.compile("(?:([A-Za-z_][A-Za-z0-9_.]*)=)?(\\d{1,9}(?:x\\d{1,9})*)(?::([a-z0-9]+))?");

  /**
   * Reads the text of an option.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static BenchInput parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' (expected: [NAME=]1x512[:DTYPE], rows first)");
    }
    List<Long> dims = Arrays.stream(matcher.group(2).split("x", -1)).map(Long::valueOf).toList();
    String type = matcher.group(3);
    return new BenchInput(matcher.group(1), dims, type == null ? null : dtype(text, type));
  }

  private static DType dtype(String text, String type) {
    try {
      return DType.valueOf(type.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "': no dtype "
              + type
              + " (expected: "
              + Arrays.toString(DType.values())
              + ")",
          e);
    }
  }

  /**
   * Makes the inputs of a request.
   *
   * @param asked the options, in order
   * @param rows the rows of each input
   * @param signature the model's
   * @return tensors that the caller closes
   */
  static NamedTensors make(List<BenchInput> asked, int rows, Signature signature) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      shapes.put(asked.get(i).key(i, signature), asked.get(i).withRows(rows));
    }
    Map<String, TensorSpec> specs =
        new LinkedHashMap<>(WarmUp.of(List.of(shapes)).specs(signature).get(0));
    for (int i = 0; i < asked.size(); i++) {
      DType wanted = asked.get(i).dtype();
      if (wanted != null) {
        specs.put(
            asked.get(i).key(i, signature), TensorSpec.of(wanted, asked.get(i).withRows(rows)));
      }
    }
    return WarmUp.inputs(specs, signature);
  }

  private String key(int position, Signature signature) {
    if (name != null) {
      return name;
    }
    boolean declared = position < signature.inputs().size();
    return declared ? signature.inputs().get(position).name() : String.valueOf(position);
  }

  private long[] withRows(int rows) {
    long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
    shape[0] = rows;
    return shape;
  }
}
