package io.mpsparallel.config;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What {@code NAME.json} beside a model file {@code NAME.pt} declares about the model: TorchScript
 * files hold neither dtypes nor shapes.
 *
 * <pre>{@code
 * { "inputs":  [ { "name": "input_ids", "dtype": "int64", "shape": [-1, -1], "range": [0, 30521] } ],
 *   "outputs": [ "last_hidden_state", "pooler_output" ],
 *   "independent-rows": true,
 *   "warm-up": [ { "input_ids": [1, 32] }, { "input_ids": [8, 32] } ],
 *   "padding": { "lengths": [16, 32],
 *                "inputs": { "input_ids": { "dim": 1, "value": 0 } },
 *                "outputs": { "last_hidden_state": { "dim": 1 }, "pooler_output": {} } } }
 * }</pre>
 *
 * <p>Everything but a name is optional; -1 is any size of at least 1; for independent rows see
 * {@link Signature#withIndependentRows}, for shapes to warm up with {@link WarmUp}, for inputs of
 * different lengths {@link Padding}. Immutable, any thread.
 *
 * @param declared what is declared about inputs and outputs
 * @param warmUp the shapes to run before the model reports ready
 * @param padding the rules by which inputs of different lengths may share a forward
 */
public record ModelDescription(Signature declared, WarmUp warmUp, Padding padding) {
  private static final Set<String> KEYS =
      Set.of("inputs", "outputs", "independent-rows", "warm-up", "padding");

  // Checks for null.
  public ModelDescription {
    requireNonNull(declared, "declared");
    requireNonNull(warmUp, "warmUp");
    requireNonNull(padding, "padding");
  }

  /**
   * The source of a model file, with its description if there is one.
   *
   * @param model the model file
   * @return the source
   * @throws InferenceException {@code CONFIG_INVALID} if the description cannot be read
   */
  public static ModelSource beside(Path model) {
    ModelSource source = ModelSource.of(model);
    Path file = descriptionOf(model);
    return Files.isRegularFile(file) ? read(file).applyTo(source) : source;
  }

  private ModelSource applyTo(ModelSource source) {
    return source.declaring(declared).warmingUp(warmUp).padding(padding);
  }

  private static Path descriptionOf(Path model) {
    String name = String.valueOf(model.getFileName());
    int dot = name.lastIndexOf('.');
    return model.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".json");
  }

  /**
   * Reads a description.
   *
   * @param file a JSON file
   * @return what it declares
   * @throws InferenceException {@code CONFIG_INVALID} if it cannot be read
   */
  public static ModelDescription read(Path file) {
    try {
      Config json =
          ConfigFactory.parseFile(
              file.toFile(),
              ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON).setAllowMissing(false));
      checkKeys(json, KEYS);
      return new ModelDescription(signature(json), warmUp(json), PaddingDescription.read(json));
    } catch (ConfigException e) {
      throw new InferenceException(ErrorCode.CONFIG_INVALID, file + ": " + e.getMessage(), e);
    } catch (InferenceException e) {
      throw new InferenceException(ErrorCode.CONFIG_INVALID, file + ": " + e.detail(), e);
    }
  }

  private static Signature signature(Config json) {
    List<InputSpec> inputs =
        json.hasPath("inputs")
            ? json.getConfigList("inputs").stream().map(ModelDescription::input).toList()
            : List.of();
    List<String> outputs =
        json.hasPath("outputs") ? List.copyOf(json.getStringList("outputs")) : List.of();
    Signature signature = new Signature(inputs, outputs);
    return json.hasPath("independent-rows") && json.getBoolean("independent-rows")
        ? signature.withIndependentRows()
        : signature;
  }

  private static WarmUp warmUp(Config json) {
    return json.hasPath("warm-up")
        ? WarmUp.of(json.getConfigList("warm-up").stream().map(ModelDescription::shapes).toList())
        : WarmUp.NONE;
  }

  /** A name is one key, whatever dots it has. */
  private static Map<String, long[]> shapes(Config json) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (String name : json.root().keySet()) {
      shapes.put(name, longs(json, ConfigUtil.joinPath(name)));
    }
    return shapes;
  }

  static long[] longs(Config json, String path) {
    return json.getLongList(path).stream().mapToLong(Long::longValue).toArray();
  }

  /** Checks the keys of an object, which is the root or lies under a path. */
  static void checkKeys(Config json, Set<String> known, String... path) {
    ConfigObject object =
        path.length == 0 ? json.root() : json.getObject(ConfigUtil.joinPath(path));
    String prefix = path.length == 0 ? "" : String.join(".", path) + ".";
    for (String key : object.keySet()) {
      if (!known.contains(key)) {
        throw new InferenceException(
            ErrorCode.CONFIG_INVALID,
            prefix
                + key
                + ": there is no such key (expected some of: "
                + new TreeSet<>(known)
                + ")");
      }
    }
  }

  private static InputSpec input(Config json) {
    checkKeys(json, Set.of("name", "dtype", "shape", "range", "optional"));
    InputSpec spec = InputSpec.named(json.getString("name"));
    if (json.hasPath("dtype")) {
      spec = spec.withDType(DType.of(json.getString("dtype")));
    }
    if (json.hasPath("shape")) {
      spec = spec.withDims(longs(json, "shape"));
    }
    if (json.hasPath("range")) {
      List<Long> range = json.getLongList("range");
      if (range.size() != 2) {
        throw new InferenceException(
            ErrorCode.CONFIG_INVALID, "range: " + range + " (expected: [smallest, largest])");
      }
      spec = spec.withRange(new IndexRange(range.get(0), range.get(1)));
    }
    return json.hasPath("optional") && json.getBoolean("optional") ? spec.optional() : spec;
  }
}
