package io.mpsparallel.testing;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The models that every {@link FakeBackend} knows, and the files that stand for them. A file is a
 * line {@code fake-model NAME} and a line {@code end}. Any thread.
 */
public final class FakeModels {
  private static final String HEAD = "fake-model ";
  private static final String TAIL = "\nend\n";

  /** A function and what it says about itself. */
  record Entry(Signature signature, FakeFunction function) {}

  private FakeModels() {}

  /**
   * A source that needs no file: its file name says which function it is.
   *
   * @param name the name of a function that the backend knows
   * @return the source
   */
  public static ModelSource source(String name) {
    return ModelSource.of(Path.of(name + ".fake"));
  }

  /**
   * Writes a file that stands for a function.
   *
   * @param directory where
   * @param name the name of the function; {@code slow-N} for one of N loops
   * @return the file
   */
  public static Path write(Path directory, String name) {
    try {
      return Files.writeString(directory.resolve(name + ".fake"), HEAD + name + TAIL);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes the file of a model of the contract suites.
   *
   * @param directory where
   * @param model what it computes
   * @return the file
   */
  public static ModelSource write(Path directory, ContractModel model) {
    return ModelSource.of(
        write(directory, model.name().toLowerCase(Locale.ROOT).replace('_', '-')));
  }

  /**
   * Writes the file of a model that returns its input after a while.
   *
   * @param directory where
   * @param loops for how long: about a tenth of a millisecond each
   * @return the file
   */
  public static ModelSource writeSlow(Path directory, int loops) {
    return ModelSource.of(write(directory, "slow-" + loops));
  }

  /**
   * The name in a model file, or in the file's own name if there is no such file.
   *
   * @throws InferenceException {@code MODEL_INVALID} if the file is damaged
   */
  static String nameOf(Path path) {
    String file = String.valueOf(path.getFileName());
    if (!Files.exists(path)) {
      return file.endsWith(".fake") ? file.substring(0, file.length() - 5) : file;
    }
    try {
      String text = new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
      if (text.startsWith(HEAD) && text.endsWith(TAIL)) {
        return text.substring(HEAD.length(), text.length() - TAIL.length());
      }
    } catch (IOException e) {
      throw new InferenceException(ErrorCode.MODEL_NOT_FOUND, path + ": cannot be read", e);
    }
    throw new InferenceException(ErrorCode.MODEL_INVALID, path + ": no fake model");
  }

  /** The functions by name: those that every backend knows. */
  static Map<String, Entry> builtIn() {
    Map<String, Entry> models = new TreeMap<>();
    models.put("identity", of(in -> NamedTensors.of(in.get(0).share())));
    models.put("square", of(in -> NamedTensors.of(square(in.get(0)))));
    models.put("tuple", of(in -> NamedTensors.of(in.get(0).share(), square(in.get(0)))));
    models.put("list", of(in -> NamedTensors.of(in.get(0).share(), square(in.get(0)))));
    models.put(
        "dict",
        of(
            in ->
                NamedTensors.of(
                    List.of("same", "square"), List.of(in.get(0).share(), square(in.get(0))))));
    models.put("raising", of(FakeModels::raise));
    models.put("first-row", of(in -> NamedTensors.of(in.get(0).slice(0, 1))));
    Signature pair = new Signature(List.of(InputSpec.named("a"), InputSpec.named("b")), List.of());
    models.put("add", new Entry(pair, in -> NamedTensors.of(sum(in.get("a"), in.get("b")))));
    return models;
  }

  /** A function of one input, {@code x}. */
  static Entry of(FakeFunction function) {
    return new Entry(new Signature(List.of(InputSpec.named("x")), List.of()), function);
  }

  /** The function {@code slow-N}: x after N loops of about a tenth of a millisecond. */
  static @Nullable Entry slow(String name) {
    if (!name.matches("slow-\\d{1,6}")) {
      return null;
    }
    int loops = Integer.parseInt(name.substring(5));
    return of(in -> afterLoops(in.get(0), loops));
  }

  private static NamedTensors afterLoops(Tensor input, int loops) {
    double work = 1;
    for (int i = 0; i < loops * 30_000; i++) {
      work = Math.sqrt(work + i);
    }
    if (Double.isNaN(work)) {
      throw new AssertionError("never: keeps the loop");
    }
    return NamedTensors.of(input.share());
  }

  private static NamedTensors raise(NamedTensors inputs) {
    throw new InferenceException(ErrorCode.MODEL_FAILED, "raised on purpose for " + inputs);
  }

  /** x * x of a tensor of float32, float64, int32 or int64. */
  static Tensor square(Tensor x) {
    return combine(x, x, '*');
  }

  private static Tensor sum(Tensor a, Tensor b) {
    if (!a.spec().equals(b.spec())) {
      throw new InferenceException(
          ErrorCode.MODEL_FAILED, "sizes do not match: " + a.spec() + " and " + b.spec());
    }
    return combine(a, b, '+');
  }

  private static Tensor combine(Tensor a, Tensor b, char operation) {
    Tensor result = Tensor.allocate(a.spec());
    ByteBuffer left = a.memory();
    ByteBuffer right = b.memory();
    ByteBuffer to = result.memory();
    boolean times = operation == '*';
    while (to.hasRemaining()) {
      put(a.dtype(), left, right, to, times);
    }
    return result;
  }

  private static void put(
      DType dtype, ByteBuffer left, ByteBuffer right, ByteBuffer to, boolean times) {
    switch (dtype) {
      case FLOAT32 -> {
        float l = left.getFloat();
        float r = right.getFloat();
        to.putFloat(times ? l * r : l + r);
      }
      case FLOAT64 -> {
        double l = left.getDouble();
        double r = right.getDouble();
        to.putDouble(times ? l * r : l + r);
      }
      case INT32 -> {
        int l = left.getInt();
        int r = right.getInt();
        to.putInt(times ? l * r : l + r);
      }
      case INT64 -> {
        long l = left.getLong();
        long r = right.getLong();
        to.putLong(times ? l * r : l + r);
      }
      default ->
          throw new InferenceException(ErrorCode.MODEL_FAILED, dtype + ": no arithmetic here");
    }
  }
}
