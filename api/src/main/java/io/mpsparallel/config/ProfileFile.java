package io.mpsparallel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.AdaptiveSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code mps-parallel calibrate} writes and {@code adaptive.profile} names: how fast each
 * choice was for one or more models on one machine. JSON, read as HOCON.
 *
 * <pre>{@code
 * { "facts":  { "machine": "...", "date": "..." },
 *   "models": [ { "name": "encoder.pt", "digest": "...",
 *                 "measured": [ { "choice": "threads", "bytes": 2048, "callers": 16,
 *                                 "rows-per-second": 8035.2 } ] } ] }
 * }</pre>
 *
 * <p>Immutable, any thread.
 *
 * @param facts where and with what it was measured, for people
 * @param models what was measured
 */
public record ProfileFile(Map<String, String> facts, List<ModelPart> models) {
  /**
   * What was measured of one model.
   *
   * @param name the name of its file, by which it is known again
   * @param digest the SHA-256 of the file, for people
   * @param measured what was measured
   */
  public record ModelPart(String name, String digest, List<Measurement> measured) {
    // Copies the list.
    public ModelPart {
      measured = List.copyOf(measured);
    }
  }

  /**
   * One figure.
   *
   * @param choice the id of the choice
   * @param bytes the bytes of a request's inputs
   * @param callers requests in flight
   * @param rowsPerSecond rows answered in a second
   */
  public record Measurement(String choice, long bytes, int callers, double rowsPerSecond) {}

  // Copies both.
  public ProfileFile {
    facts = Map.copyOf(facts);
    models = List.copyOf(models);
  }

  /**
   * Reads a profile.
   *
   * @param file a file that {@link #write} has written, or somebody in its form
   * @return the profile
   * @throws InferenceException {@code CONFIG_INVALID} with file and line if it cannot be read
   */
  public static ProfileFile read(Path file) {
    try {
      Config all =
          ConfigFactory.parseFile(
                  file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
              .resolve();
      List<ModelPart> models = new ArrayList<>();
      for (Config model : all.getConfigList("models")) {
        models.add(model(model));
      }
      return new ProfileFile(all.hasPath("facts") ? facts(all) : Map.of(), models);
    } catch (ConfigException e) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID, "adaptive.profile: " + file + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, String> facts(Config all) {
    Map<String, String> facts = new LinkedHashMap<>();
    all.getObject("facts")
        .forEach((key, value) -> facts.put(key, String.valueOf(value.unwrapped())));
    return facts;
  }

  private static ModelPart model(Config model) {
    List<Measurement> measured = new ArrayList<>();
    for (Config each : model.getConfigList("measured")) {
      measured.add(measurement(each));
    }
    String digest = model.hasPath("digest") ? model.getString("digest") : "";
    return new ModelPart(model.getString("name"), digest, measured);
  }

  private static Measurement measurement(Config each) {
    String choice = each.getString("choice");
    check(each, "choice", AdaptiveSettings.ALL_CHOICES.contains(choice), "one of the choices");
    long bytes = each.getLong("bytes");
    check(each, "bytes", bytes >= 0, "at least 0");
    int callers = each.getInt("callers");
    check(each, "callers", callers >= 1, "at least 1");
    double rate = each.getDouble("rows-per-second");
    check(each, "rows-per-second", rate > 0 && !Double.isInfinite(rate), "more than 0");
    return new Measurement(choice, bytes, callers, rate);
  }

  private static void check(Config each, String key, boolean holds, String expected) {
    if (!holds) {
      throw new ConfigException.BadValue(
          each.getValue(key).origin(),
          key,
          each.getValue(key).render() + " (expected: " + expected + ")");
    }
  }

  /**
   * Writes the profile in place of what is there.
   *
   * @param file where to
   * @throws InferenceException {@code CONFIG_INVALID} if it cannot be written
   */
  public void write(Path file) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("facts", facts);
    all.put("models", models.stream().map(ProfileFile::plain).toList());
    ConfigRenderOptions json =
        ConfigRenderOptions.defaults().setOriginComments(false).setJson(true);
    try {
      Files.writeString(file, ConfigValueFactory.fromMap(all).render(json));
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID, file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> plain(ModelPart model) {
    return Map.of(
        "name",
        model.name(),
        "digest",
        model.digest(),
        "measured",
        model.measured().stream().map(ProfileFile::plain).toList());
  }

  private static Map<String, Object> plain(Measurement each) {
    return Map.of(
        "choice",
        each.choice(),
        "bytes",
        each.bytes(),
        "callers",
        each.callers(),
        "rows-per-second",
        each.rowsPerSecond());
  }
}
