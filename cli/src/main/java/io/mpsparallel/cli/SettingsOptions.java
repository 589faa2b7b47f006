package io.mpsparallel.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.mpsparallel.config.HoconSettings;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that change settings, for every command that makes an executor. One thread. */
final class SettingsOptions {
  private static final String ORIGIN = "command line";

  @Option(
      names = "--strategy",
      paramLabel = "ID",
      description = "How requests share the device: the id of an installed strategy, or auto.")
  private @Nullable String strategy;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Where the model runs: cpu, mps, cuda, cuda:1, ... or auto.")
  private @Nullable String device;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A HOCON file with settings under mps-parallel.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, such as queue.capacity=64. Wins over --config.")
  private Map<String, String> values = new LinkedHashMap<>();

  /** For picocli. */
  SettingsOptions() {}

  /**
   * The settings: options of their own first, then {@code --set}, {@code --config}, system
   * properties, and the defaults.
   *
   * @throws InferenceException {@code CONFIG_INVALID} with everything that is wrong
   */
  ExecutorSettings settings() {
    try {
      Config all =
          overrides().withFallback(fileSettings()).withFallback(ConfigFactory.load()).resolve();
      return HoconSettings.parse(all);
    } catch (ConfigException e) {
      throw new InferenceException(ErrorCode.CONFIG_INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  private Config overrides() {
    Map<String, Object> absolute = new LinkedHashMap<>();
    values.forEach((key, value) -> absolute.put(absolute(key), parsed(value)));
    if (strategy != null) {
      absolute.put(absolute("strategy"), strategy);
    }
    if (device != null) {
      absolute.put(absolute("device"), device);
    }
    return ConfigFactory.parseMap(absolute, ORIGIN);
  }

  /** A list as HOCON has it; anything else is a word, whatever is in it. */
  private static Object parsed(String value) {
    ConfigParseOptions origin = ConfigParseOptions.defaults().setOriginDescription(ORIGIN);
    return value.startsWith("[")
        ? ConfigFactory.parseString("list=" + value, origin).getValue("list")
        : value;
  }

  private static String absolute(String key) {
    String root = HoconSettings.ROOT + ".";
    return key.startsWith(root) ? key : root + key;
  }

  /** The file of settings, or null. */
  @Nullable Path file() {
    return config;
  }

  private Config fileSettings() {
    if (config == null) {
      return ConfigFactory.empty();
    }
    return ConfigFactory.parseFile(
        config.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
  }
}
