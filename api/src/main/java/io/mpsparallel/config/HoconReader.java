package io.mpsparallel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads values from a configuration, and collects everything that is wrong with it, so that it can
 * be reported at once, each with file and line. One thread.
 */
final class HoconReader {
  private final Config config;
  private final String root;
  private final Set<String> known = new HashSet<>();
  private final Set<String> refused = new HashSet<>();
  private final Set<String> problems = new TreeSet<>();
  private boolean refusedMore;

  HoconReader(Config config, String root) {
    this.config = config;
    this.root = root;
  }

  /** Reads one key; on a bad or refused value, notes the problem and gives the fallback. */
  <T> T read(String key, T fallback, BiFunction<Config, String, T> reader) {
    known.add(key);
    if (refused.contains(key) || !config.hasPath(key)) {
      return fallback;
    }
    try {
      return reader.apply(config, key);
    } catch (ConfigException.WrongType | ConfigException.BadValue e) {
      problem(key, config.getValue(key), "is no " + typeName(fallback));
    } catch (InferenceException e) {
      problem(key, config.getValue(key), e.detail());
    } catch (IllegalArgumentException e) {
      problem(key, config.getValue(key), String.valueOf(e.getMessage()));
    }
    return fallback;
  }

  /** Makes a settings object out of values that were read; a refusal becomes a problem. */
  <T> T make(T fallback, java.util.function.Supplier<T> maker) {
    try {
      return maker.get();
    } catch (InferenceException e) {
      String message = e.detail();
      String key = message.substring(0, Math.max(0, message.indexOf(':')));
      problem(key, config.hasPath(key) ? config.getValue(key) : null, message);
      refusedMore |= refused.add(key);
      return fallback;
    }
  }

  /** Whether there were new refusals; if so, reading again without them may show others. */
  boolean refusedMore() {
    boolean more = refusedMore;
    refusedMore = false;
    return more;
  }

  private void problem(String key, @Nullable ConfigValue value, String what) {
    String shown = value == null ? "" : " = " + value.render() + where(value.origin());
    problems.add(root + "." + key + shown + ": " + what);
  }

  private static String where(ConfigOrigin origin) {
    return " (" + origin.description() + ")";
  }

  private static String typeName(Object fallback) {
    return fallback instanceof List
        ? "list of its kind"
        : fallback.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }

  /** Throws if anything was wrong, unknown keys included. */
  void finish() {
    for (Map.Entry<String, ConfigValue> entry : config.entrySet()) {
      if (!known.contains(entry.getKey())) {
        problem(entry.getKey(), entry.getValue(), "there is no such setting");
      }
    }
    if (!problems.isEmpty()) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          (problems.size() == 1 ? "1 problem" : problems.size() + " problems")
              + " in the configuration:\n  "
              + String.join("\n  ", problems));
    }
  }
}
