package io.mpsparallel.config;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.QueueSettings.WhenFull;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HoconSettingsTest {
  /** One key of the configuration, a value for it, and where that value must show. */
  private record Case(
      String key, String value, Function<ExecutorSettings, Object> field, Object expected) {
    @Override
    public String toString() {
      return key + " = " + value;
    }
  }

  private static Case of(
      String key, String value, Function<ExecutorSettings, Object> field, Object expected) {
    return new Case(key, value, field, expected);
  }

  static Stream<Case> cases() {
    return Stream.of(
            topLevel(), queue(), lanes(), batching(), processes(), engine(), streams(), path())
        .flatMap(cases -> cases);
  }

  private static Stream<Case> topLevel() {
    return Stream.of(
        of("strategy", "batching", ExecutorSettings::strategy, "batching"),
        of("backend", "torch", ExecutorSettings::backend, "torch"),
        of("device", "\"cuda:1\"", ExecutorSettings::device, "cuda:1"),
        of("deadline", "250ms", ExecutorSettings::deadline, Duration.ofMillis(250)),
        of("map.window", "9", ExecutorSettings::mapWindow, 9));
  }

  private static Stream<Case> queue() {
    return Stream.of(
        of("queue.capacity", "7", s -> s.queue().capacity(), 7),
        of("queue.wait", "0", s -> s.queue().patience(), Duration.ZERO),
        of("queue.when-full", "caller-runs", s -> s.queue().whenFull(), WhenFull.CALLER_RUNS));
  }

  private static Stream<Case> lanes() {
    return Stream.of(
        of("lanes.count", "3", s -> s.lanes().count(), 3),
        of("lanes.depth", "4", s -> s.lanes().depth(), 4),
        of("lanes.spin", "0", s -> s.lanes().spin(), Duration.ZERO),
        of("lanes.spin", "1ms", s -> s.lanes().spin(), Duration.ofMillis(1)));
  }

  private static Stream<Case> batching() {
    Function<ExecutorSettings, BatchingSettings> batching = ExecutorSettings::batching;
    return Stream.of(
        of("batching.over", "processes", batching.andThen(BatchingSettings::over), "processes"),
        of("batching.max-rows", "128", batching.andThen(BatchingSettings::maxRows), 128),
        of("batching.max-bytes", "1MiB", batching.andThen(BatchingSettings::maxBytes), 1L << 20),
        of("batching.max-delay", "2ms", s -> s.batching().maxDelay(), Duration.ofMillis(2)),
        of("batching.sizes", "[1, 8]", batching.andThen(BatchingSettings::sizes), List.of(1, 8)),
        of(
            "batching.assume-independent-rows",
            "false",
            s -> s.batching().assumeIndependentRows(),
            false));
  }

  private static Stream<Case> processes() {
    Function<ExecutorSettings, ProcessSettings> workers = ExecutorSettings::processes;
    Function<ExecutorSettings, ProcessSettings.Launch> launch =
        workers.andThen(ProcessSettings::launch);
    Function<ExecutorSettings, ProcessSettings.Limits> limits =
        workers.andThen(ProcessSettings::limits);
    Function<ExecutorSettings, ProcessSettings.Restart> restart =
        workers.andThen(ProcessSettings::restart);
    return Stream.of(
        of("processes.workers", "3", s -> s.processes().workers(), 3),
        of("processes.slab", "1MiB", s -> s.processes().slabBytes(), 1L << 20),
        of("processes.spin", "0", s -> s.processes().spin(), Duration.ZERO),
        of("processes.share-weights", "false", s -> s.processes().shareWeights(), false),
        of("processes.launch.heap", "32MiB", s -> launch.apply(s).heapBytes(), 32L << 20),
        of("processes.launch.limit", "9s", s -> launch.apply(s).limit(), Duration.ofSeconds(9)),
        of("processes.launch.cds", "false", s -> launch.apply(s).cds(), false),
        of("processes.launch.cache", "/tmp/c", s -> launch.apply(s).cache(), "/tmp/c"),
        of("processes.limits.request", "7s", s -> limits.apply(s).request(), Duration.ofSeconds(7)),
        of("processes.limits.silence", "6s", s -> limits.apply(s).silence(), Duration.ofSeconds(6)),
        of("processes.limits.memory", "1GiB", s -> limits.apply(s).memoryBytes(), 1L << 30),
        of("processes.limits.requests", "8", s -> limits.apply(s).requests(), 8L),
        of(
            "processes.restart.backoff",
            "1s",
            s -> restart.apply(s).backoff(),
            Duration.ofSeconds(1)),
        of("processes.restart.most", "40s", s -> restart.apply(s).most(), Duration.ofSeconds(40)),
        of("processes.restart.retries", "2", s -> restart.apply(s).retries(), 2));
  }

  private static Stream<Case> engine() {
    return Stream.of(
        of("threads.intra-op", "3", s -> s.backendSettings().threads().intraOp(), 3),
        of("threads.blas", "4", s -> s.backendSettings().threads().blas(), 4),
        of("memory.pool-bytes", "2MiB", s -> s.backendSettings().poolBytes(), 2L << 20),
        of("timeouts.event", "3s", s -> s.backendSettings().eventTimeout(), Duration.ofSeconds(3)),
        of("timeouts.close", "4s", s -> s.backendSettings().closeTimeout(), Duration.ofSeconds(4)),
        of("cuda.tf32", "true", s -> s.backendSettings().tf32(), true));
  }

  private static Stream<Case> streams() {
    Function<ExecutorSettings, StreamSettings> streams = s -> s.backendSettings().streams();
    Function<ExecutorSettings, Object> patience = streams.andThen(StreamSettings::patience);
    Function<ExecutorSettings, Object> commit = streams.andThen(StreamSettings::commit);
    return Stream.of(
        of("streams.capacity", "5", streams.andThen(StreamSettings::capacity), 5),
        of("streams.when-exhausted", "wait", patience, StreamSettings.FOREVER),
        of("streams.when-exhausted", "2s", patience, Duration.ofSeconds(2)),
        of("streams.commit", "each", commit, CommitMode.EACH),
        of("streams.commit", "coalesce", commit, CommitMode.COALESCE),
        of("streams.gate-width", "6", streams.andThen(StreamSettings::gateWidth), 6));
  }

  private static Stream<Case> path() {
    Function<ExecutorSettings, PathSettings> path = s -> s.backendSettings().path();
    return Stream.of(
        of("path.mode", "eager", path.andThen(PathSettings::mode), PathMode.EAGER),
        of("path.mode", "graph", path.andThen(PathSettings::mode), PathMode.GRAPH),
        of("path.threshold-bytes", "64k", path.andThen(PathSettings::thresholdBytes), 65536L),
        of("path.cache-entries", "8", path.andThen(PathSettings::cacheEntries), 8));
  }

  private static Config reference() {
    return ConfigFactory.parseResources(
        HoconSettings.class.getClassLoader(),
        "reference.conf",
        ConfigParseOptions.defaults().setAllowMissing(false));
  }

  private static ExecutorSettings parse(String hocon) {
    return HoconSettings.parse(ConfigFactory.parseString(hocon));
  }

  // ---- every key ----

  @ParameterizedTest
  @MethodSource("cases")
  void parse_oneKeyChanged_showsInItsFieldAndNowhereElse(Case one) {
    String path = HoconSettings.ROOT + "." + one.key() + " = ";
    Config changed = ConfigFactory.parseString(path + one.value()).withFallback(reference());
    ExecutorSettings parsed = HoconSettings.parse(changed);
    assertThat(one.field().apply(parsed)).isEqualTo(one.expected());
    assertThat(one.field().apply(ExecutorSettings.DEFAULTS)).isNotEqualTo(one.expected());
    cases()
        .filter(other -> !other.key().equals(one.key()))
        .forEach(
            other ->
                assertThat(other.field().apply(parsed))
                    .as("%s after %s", other.key(), one)
                    .isEqualTo(other.field().apply(ExecutorSettings.DEFAULTS)));
  }

  @Test
  void reference_everyKey_hasACaseHere() {
    Stream<String> keys =
        reference().getConfig(HoconSettings.ROOT).entrySet().stream().map(e -> e.getKey());
    assertThat(keys)
        .containsExactlyInAnyOrderElementsOf(cases().map(Case::key).distinct().toList());
    assertThat(reference().root().keySet()).containsExactly(HoconSettings.ROOT);
  }

  @Test
  void parse_reference_givesTheDefaultsFieldByField() {
    ExecutorSettings parsed = HoconSettings.parse(reference());
    assertThat(parsed).usingRecursiveComparison().isEqualTo(ExecutorSettings.DEFAULTS);
    cases()
        .forEach(
            one ->
                assertThat(one.field().apply(parsed))
                    .as(one.key())
                    .isEqualTo(one.field().apply(ExecutorSettings.DEFAULTS)));
  }

  @Test
  void parse_nothing_givesTheDefaults() {
    assertThat(HoconSettings.parse(ConfigFactory.empty())).isEqualTo(ExecutorSettings.DEFAULTS);
    assertThat(parse("mps-parallel {}")).isEqualTo(ExecutorSettings.DEFAULTS);
    assertThat(parse("other.key = 1")).isEqualTo(ExecutorSettings.DEFAULTS);
  }

  @Test
  void load_withoutApplicationConf_givesTheDefaults() {
    assertThat(HoconSettings.load()).isEqualTo(ExecutorSettings.DEFAULTS);
  }

  @Test
  void parse_wordsForDefaults_areUnderstood() {
    String words =
        "mps-parallel { deadline = none, threads.blas = auto, streams.when-exhausted = fail,"
            + " streams.gate-width = auto, path.threshold-bytes = auto, path.mode = auto,"
            + " streams.commit = auto, lanes.count = auto, lanes.depth = auto,"
            + " queue.when-full = wait }";
    assertThat(parse(words)).isEqualTo(ExecutorSettings.DEFAULTS);
  }

  // ---- what is wrong ----

  @Test
  void parse_severalMistakes_areReportedTogetherWithFileAndLine(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("app.conf");
    Files.writeString(
        file,
        """
        mps-parallel {
          queue.capacity = 0
          map.window = 0
          queue.size = 5
          threads.intra-op = many
          streams { capacity = 2000, gate-width = 0 }
          path.mode = fast
          timeouts.event = 0s
        }
        """);
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> HoconSettings.parse(ConfigFactory.parseFile(file.toFile())),
        "8 problems in the configuration:",
        "mps-parallel.queue.capacity = 0 (" + file + ": 2): queue.capacity: 0 (expected: 1..",
        "mps-parallel.map.window = 0 (" + file + ": 3): map.window: 0 (expected: 1..1048576)",
        "mps-parallel.queue.size = 5 (" + file + ": 4): there is no such setting",
        "mps-parallel.threads.intra-op = \"many\" (" + file + ": 5): is no integer",
        "mps-parallel.streams.capacity = 2000 (" + file + ": 6): streams.capacity: 2000 (exp",
        "mps-parallel.streams.gate-width = 0 (" + file + ": 6): expected: auto, or at least 1",
        "mps-parallel.path.mode = \"fast\" ("
            + file
            + ": 7): expected one of: [auto, eager, graph]",
        "mps-parallel.timeouts.event = \"0s\" (" + file + ": 8): timeouts.event: PT0S");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "strategy = []",
        "backend = {}",
        "device = [1]",
        "deadline = soon",
        "deadline = 0s",
        "deadline = -1s",
        "queue.capacity = 1.5",
        "queue.capacity = 3000000000",
        "queue.wait = -1ms",
        "queue.when-full = caller_runs",
        "queue.when-full = reject",
        "lanes.count = 0",
        "lanes.count = 65",
        "lanes.count = all",
        "lanes.depth = 0",
        "lanes.depth = 65",
        "lanes.spin = -1us",
        "lanes.spin = 11ms",
        "lanes.spin = auto",
        "batching.over = []",
        "batching.max-rows = 0",
        "batching.max-bytes = 3GiB",
        "batching.max-delay = -1ms",
        "batching.sizes = 5",
        "batching.sizes = [2, 1]",
        "batching.assume-independent-rows = perhaps",
        "map.window = x",
        "threads.intra-op = 0",
        "threads.intra-op = 1025",
        "threads.blas = 0",
        "streams.capacity = 0",
        "streams.when-exhausted = never",
        "streams.commit = EACH",
        "streams.gate-width = -1",
        "path.mode = \"\"",
        "path.threshold-bytes = -1",
        "path.cache-entries = 0",
        "memory.pool-bytes = lots",
        "memory.pool-bytes = -5",
        "timeouts.event = 0",
        "timeouts.close = x",
        "cuda.tf32 = maybe",
        "queue = 5",
        "unknown = 1"
      })
  void parse_badValue_isReportedUnderItsKey(String setting) {
    String key = "mps-parallel." + setting.substring(0, setting.indexOf(' '));
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> parse("mps-parallel { " + setting + " }"),
        "1 problem in the configuration",
        key,
        "(String: 1)");
  }

  @Test
  void parse_unknownConstant_listsTheSpellingsOfTheFile() {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> parse("mps-parallel.queue.when-full = drop"),
        "expected one of: [wait, caller-runs]");
  }

  @Test
  void parse_rootOfAnotherType_isATypedError() {
    assertFails(ErrorCode.CONFIG_INVALID, () -> parse("mps-parallel = 5"), "mps-parallel");
  }
}
