package io.mpsparallel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.AdaptiveSettings;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.BatchSizes;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.QueueSettings;
import io.mpsparallel.settings.QueueSettings.WhenFull;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Fallback;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import io.mpsparallel.settings.ThreadSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every key of {@code reference.conf}: what it sets, what it refuses, and that it has a default.
 */
final class EveryKeyTest {
  /** A key with a value that is not its default, what that sets, and a value that is refused. */
  record Case(
      String key, String good, Object meaning, Function<ExecutorSettings, ?> read, String bad) {
    @Override
    public String toString() {
      return key;
    }
  }

  private static <T> Case of(
      String key, String good, T meaning, Function<ExecutorSettings, T> read, String bad) {
    return new Case(key, good, meaning, read, bad);
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  static Stream<Case> cases() {
    return Stream.of(executor(), queueAndLanes(), batching(), processes(), policy(), engine())
        .flatMap(cases -> cases);
  }

  private static Stream<Case> executor() {
    return Stream.of(
        of("strategy", "threads", "threads", ExecutorSettings::strategy, "[]"),
        of("backend", "torch", "torch", ExecutorSettings::backend, "[]"),
        of("device", "cpu", "cpu", ExecutorSettings::device, "{}"),
        of("deadline", "3s", millis(3000), ExecutorSettings::deadline, "0s"),
        of("map.window", "3", 3, ExecutorSettings::mapWindow, "0"));
  }

  private static Stream<Case> queueAndLanes() {
    Function<ExecutorSettings, QueueSettings> queue = ExecutorSettings::queue;
    Function<ExecutorSettings, LaneSettings> lanes = ExecutorSettings::lanes;
    return Stream.of(
        of("queue.capacity", "3", 3, queue.andThen(QueueSettings::capacity), "0"),
        of("queue.wait", "3ms", millis(3), queue.andThen(QueueSettings::patience), "-1s"),
        of(
            "queue.when-full",
            "caller-runs",
            WhenFull.CALLER_RUNS,
            queue.andThen(QueueSettings::whenFull),
            "never"),
        of("lanes.count", "3", 3, lanes.andThen(LaneSettings::count), "65"),
        of("lanes.depth", "3", 3, lanes.andThen(LaneSettings::depth), "0"),
        of("lanes.spin", "3ms", millis(3), lanes.andThen(LaneSettings::spin), "11ms"));
  }

  private static Stream<Case> batching() {
    Function<ExecutorSettings, BatchingSettings> in = ExecutorSettings::batching;
    return Stream.of(
        of("batching.over", "processes", "processes", in.andThen(BatchingSettings::over), "[]"),
        of("batching.max-rows", "3", 3, in.andThen(BatchingSettings::maxRows), "0"),
        of("batching.max-bytes", "3k", 3072L, in.andThen(BatchingSettings::maxBytes), "0"),
        of("batching.max-delay", "3ms", millis(3), in.andThen(BatchingSettings::maxDelay), "11s"),
        of(
            "batching.sizes",
            "[1, 8]",
            BatchSizes.of(1, 8),
            in.andThen(BatchingSettings::sizes),
            "[8, 1]"),
        of(
            "batching.assume-independent-rows",
            "false",
            false,
            in.andThen(BatchingSettings::assumeIndependentRows),
            "maybe"));
  }

  private static Stream<Case> processes() {
    Function<ExecutorSettings, ProcessSettings> in = ExecutorSettings::processes;
    Function<ExecutorSettings, ProcessSettings.Launch> launch = in.andThen(ProcessSettings::launch);
    Function<ExecutorSettings, ProcessSettings.Limits> limits = in.andThen(ProcessSettings::limits);
    Function<ExecutorSettings, ProcessSettings.Restart> restart =
        in.andThen(ProcessSettings::restart);
    return Stream.of(
        of("processes.workers", "3", 3, in.andThen(ProcessSettings::workers), "65"),
        of("processes.slab", "64KiB", 65536L, in.andThen(ProcessSettings::slabBytes), "1"),
        of("processes.spin", "3ms", millis(3), in.andThen(ProcessSettings::spin), "11ms"),
        of("processes.share-weights", "off", false, in.andThen(ProcessSettings::shareWeights), "x"),
        of(
            "processes.launch.heap",
            "32MiB",
            32L << 20,
            launch.andThen(ProcessSettings.Launch::heapBytes),
            "1k"),
        of(
            "processes.launch.limit",
            "3s",
            millis(3000),
            launch.andThen(ProcessSettings.Launch::limit),
            "0s"),
        of("processes.launch.cds", "off", false, launch.andThen(ProcessSettings.Launch::cds), "x"),
        of(
            "processes.launch.cache",
            "/x",
            "/x",
            launch.andThen(ProcessSettings.Launch::cache),
            "[]"),
        of(
            "processes.limits.request",
            "3s",
            millis(3000),
            limits.andThen(ProcessSettings.Limits::request),
            "0s"),
        of(
            "processes.limits.silence",
            "3s",
            millis(3000),
            limits.andThen(ProcessSettings.Limits::silence),
            "0s"),
        of(
            "processes.limits.memory",
            "1GiB",
            1L << 30,
            limits.andThen(ProcessSettings.Limits::memoryBytes),
            "-1"),
        of(
            "processes.limits.requests",
            "3",
            3L,
            limits.andThen(ProcessSettings.Limits::requests),
            "-1"),
        of(
            "processes.restart.backoff",
            "3ms",
            millis(3),
            restart.andThen(ProcessSettings.Restart::backoff),
            "0s"),
        of(
            "processes.restart.most",
            "3s",
            millis(3000),
            restart.andThen(ProcessSettings.Restart::most),
            "1ms"),
        of(
            "processes.restart.retries",
            "3",
            3,
            restart.andThen(ProcessSettings.Restart::retries),
            "101"));
  }

  private static Stream<Case> policy() {
    Function<ExecutorSettings, AdaptiveSettings> adaptive = ExecutorSettings::adaptive;
    Function<ExecutorSettings, ResilienceSettings> in = ExecutorSettings::resilience;
    Function<ExecutorSettings, ResilienceSettings.Breaker> breaker =
        in.andThen(ResilienceSettings::breaker);
    return Stream.of(
        of(
            "adaptive.choices",
            "[threads, processes]",
            List.of("threads", "processes"),
            adaptive.andThen(AdaptiveSettings::choices),
            "[none]"),
        of("adaptive.profile", "/x", "/x", adaptive.andThen(AdaptiveSettings::profile), "\"\""),
        of(
            "resilience.fallback",
            "[threads, \"@cpu\", \"threads@cuda:1\"]",
            List.of(
                new Fallback("threads", "auto"),
                new Fallback("auto", "cpu"),
                new Fallback("threads", "cuda:1")),
            in.andThen(ResilienceSettings::fallback),
            "[threads, threads]"),
        of("resilience.retries", "3", 3, in.andThen(ResilienceSettings::retries), "11"),
        of("resilience.per-model", "3", 3, in.andThen(ResilienceSettings::perModel), "0"),
        of(
            "resilience.model-memory",
            "3k",
            3072L,
            in.andThen(ResilienceSettings::modelMemoryBytes),
            "0"),
        of(
            "resilience.breaker.window",
            "3",
            3,
            breaker.andThen(ResilienceSettings.Breaker::window),
            "0"),
        of(
            "resilience.breaker.failure-percent",
            "3",
            3,
            breaker.andThen(ResilienceSettings.Breaker::failurePercent),
            "101"),
        of(
            "resilience.breaker.pause",
            "3s",
            millis(3000),
            breaker.andThen(ResilienceSettings.Breaker::pause),
            "0s"),
        of(
            "resilience.breaker.probes",
            "4",
            4,
            breaker.andThen(ResilienceSettings.Breaker::probes),
            "0"));
  }

  private static Stream<Case> engine() {
    Function<ExecutorSettings, BackendSettings> in = ExecutorSettings::backendSettings;
    Function<ExecutorSettings, ThreadSettings> threads = in.andThen(BackendSettings::threads);
    Function<ExecutorSettings, StreamSettings> streams = in.andThen(BackendSettings::streams);
    Function<ExecutorSettings, PathSettings> path = in.andThen(BackendSettings::path);
    return Stream.of(
        of("threads.intra-op", "3", 3, threads.andThen(ThreadSettings::intraOp), "0"),
        of("threads.blas", "3", 3, threads.andThen(ThreadSettings::blas), "1025"),
        of("streams.capacity", "3", 3, streams.andThen(StreamSettings::capacity), "1025"),
        of(
            "streams.when-exhausted",
            "3ms",
            millis(3),
            streams.andThen(StreamSettings::patience),
            "soon"),
        of(
            "streams.commit",
            "each",
            CommitMode.EACH,
            streams.andThen(StreamSettings::commit),
            "never"),
        of("streams.gate-width", "3", 3, streams.andThen(StreamSettings::gateWidth), "0"),
        of("path.mode", "eager", PathMode.EAGER, path.andThen(PathSettings::mode), "fast"),
        of("path.threshold-bytes", "3k", 3072L, path.andThen(PathSettings::thresholdBytes), "many"),
        of("path.cache-entries", "3", 3, path.andThen(PathSettings::cacheEntries), "0"),
        of("memory.pool-bytes", "3k", 3072L, in.andThen(BackendSettings::poolBytes), "-1"),
        of("timeouts.event", "3s", millis(3000), in.andThen(BackendSettings::eventTimeout), "0s"),
        of("timeouts.close", "3s", millis(3000), in.andThen(BackendSettings::closeTimeout), "0s"),
        of("cuda.tf32", "on", true, in.andThen(BackendSettings::tf32), "perhaps"));
  }

  /** Three lines, so that the setting is on the second. */
  private static Config config(String key, String value) {
    return ConfigFactory.parseString(
        "mps-parallel {\n" + key + " = " + value + "\n}",
        ConfigParseOptions.defaults().setOriginDescription("my.conf"));
  }

  @Test
  void referenceConf_everyKey_hasACase() {
    Map<String, Long> counts = new TreeMap<>();
    cases().forEach(one -> counts.merge(one.key(), 1L, Long::sum));
    Config reference = ConfigFactory.parseResources("reference.conf").getConfig("mps-parallel");
    assertThat(counts.keySet())
        .containsExactlyInAnyOrderElementsOf(
            reference.entrySet().stream().map(Map.Entry::getKey).toList());
    assertThat(counts.values()).containsOnly(1L);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void key_goodValue_setsItAlone(Case one) {
    ExecutorSettings parsed = HoconSettings.parse(config(one.key(), one.good()));
    assertThat((Object) one.read().apply(parsed)).isEqualTo(one.meaning());
    assertThat((Object) one.read().apply(ExecutorSettings.DEFAULTS)).isNotEqualTo(one.meaning());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void key_badValue_isNamedWithFileAndLine(Case one) {
    assertThatThrownBy(() -> HoconSettings.parse(config(one.key(), one.bad())))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("CONFIG_INVALID: 1 problem")
        .hasMessageContaining("mps-parallel." + one.key() + " = ")
        .hasMessageContaining("my.conf: 2");
  }
}
