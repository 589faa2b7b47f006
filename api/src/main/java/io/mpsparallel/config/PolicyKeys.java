package io.mpsparallel.config;

import com.typesafe.config.Config;
import io.mpsparallel.settings.AdaptiveSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
import io.mpsparallel.settings.ResilienceSettings.Fallback;
import java.time.Duration;
import java.util.List;

/** The keys of how requests find the place where they run. Pure functions. */
final class PolicyKeys {
  private PolicyKeys() {}

  static AdaptiveSettings adaptive(HoconReader in) {
    AdaptiveSettings d = AdaptiveSettings.DEFAULTS;
    List<String> choices = in.read("adaptive.choices", d.choices(), Config::getStringList);
    String profile = in.read("adaptive.profile", d.profile(), Config::getString);
    return in.make(d, () -> new AdaptiveSettings(choices, profile));
  }

  static ResilienceSettings resilience(HoconReader in) {
    ResilienceSettings d = ResilienceSettings.DEFAULTS;
    List<Fallback> fallback = in.read("resilience.fallback", d.fallback(), PolicyKeys::places);
    int retries = in.read("resilience.retries", d.retries(), HoconSettings::integer);
    int perModel = in.read("resilience.per-model", d.perModel(), PolicyKeys::bound);
    long memory = in.read("resilience.model-memory", d.modelMemoryBytes(), PolicyKeys::boundBytes);
    Breaker breaker = breaker(in, d.breaker());
    return in.make(d, () -> new ResilienceSettings(fallback, retries, perModel, memory, breaker));
  }

  private static Breaker breaker(HoconReader in, Breaker d) {
    int window = in.read("resilience.breaker.window", d.window(), HoconSettings::integer);
    int percent =
        in.read("resilience.breaker.failure-percent", d.failurePercent(), HoconSettings::integer);
    Duration pause = in.read("resilience.breaker.pause", d.pause(), Config::getDuration);
    int probes = in.read("resilience.breaker.probes", d.probes(), HoconSettings::integer);
    return in.make(d, () -> new Breaker(window, percent, pause, probes));
  }

  private static List<Fallback> places(Config config, String key) {
    return config.getStringList(key).stream().map(Fallback::parse).toList();
  }

  private static int bound(Config config, String key) {
    if (HoconSettings.isWord(config, key, HoconSettings.NONE)) {
      return ResilienceSettings.NO_BOUND;
    }
    return (int) atLeast1(HoconSettings.integer(config, key));
  }

  private static long boundBytes(Config config, String key) {
    return HoconSettings.isWord(config, key, HoconSettings.NONE)
        ? ResilienceSettings.NO_BOUND
        : atLeast1(config.getBytes(key));
  }

  private static long atLeast1(long value) {
    if (value < 1) {
      throw new IllegalArgumentException("expected: none, or at least 1");
    }
    return value;
  }
}
