package io.mpsparallel.config;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.mpsparallel.config.EveryKeyTest.Case;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.ExecutorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HoconSettingsTest {
  static Stream<Case> cases() {
    return EveryKeyTest.cases();
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
    Config changed = ConfigFactory.parseString(path + one.good()).withFallback(reference());
    ExecutorSettings parsed = HoconSettings.parse(changed);
    assertThat((Object) one.read().apply(parsed)).isEqualTo(one.meaning());
    assertThat((Object) one.read().apply(ExecutorSettings.DEFAULTS)).isNotEqualTo(one.meaning());
    cases()
        .filter(other -> !other.key().equals(one.key()))
        .forEach(
            other ->
                assertThat((Object) other.read().apply(parsed))
                    .as("%s after %s", other.key(), one)
                    .isEqualTo((Object) other.read().apply(ExecutorSettings.DEFAULTS)));
  }

  @Test
  void reference_hasOneRoot() {
    assertThat(reference().root().keySet()).containsExactly(HoconSettings.ROOT);
  }

  @Test
  void parse_reference_givesTheDefaultsFieldByField() {
    ExecutorSettings parsed = HoconSettings.parse(reference());
    assertThat(parsed).usingRecursiveComparison().isEqualTo(ExecutorSettings.DEFAULTS);
    cases()
        .forEach(
            one ->
                assertThat((Object) one.read().apply(parsed))
                    .as(one.key())
                    .isEqualTo((Object) one.read().apply(ExecutorSettings.DEFAULTS)));
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
            + " streams.commit = auto, lanes.count = auto, lanes.depth = auto, batching.sizes ="
            + " auto, queue.when-full = wait }";
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fast | (String: 1): expected: auto, or a list of rising numbers of rows",
        "[a] | (String: 1): expected: auto, or a list of rising numbers of rows",
        "[2, 1] | (String: 1): batching.sizes: [2, 1] (expected: rising sizes of 1..",
        "[65] | (String: 1): batching.sizes: [65] (expected: rising sizes of 1..batching.max-rows"
      })
  void parse_sizesThatAreNone_saysWhatSizesAre(String sizes, String expected) {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> parse("mps-parallel.batching.sizes = " + sizes),
        "1 problem in the configuration",
        expected);
  }

  @Test
  void parse_rootOfAnotherType_isATypedError() {
    assertFails(ErrorCode.CONFIG_INVALID, () -> parse("mps-parallel = 5"), "mps-parallel");
  }
}
