package io.mpsparallel.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The records that the policy takes and gives. */
class PolicyValuesTest {
  private static final WorkKind KIND = WorkKind.of("model", 1);

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void id_ofEachChoice_isStable() {
    assertThat(Loop.ALL.stream().map(Choice::id))
        .containsExactly("threads", "batching", "processes", "batching-over-processes");
    assertThat(Choice.BATCHING).hasToString("batching");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 0",
    "1024, 0",
    "1025, 1",
    "4096, 1",
    "4097, 2",
    "16384, 2",
    "16385, 3",
    "1048576, 5",
    "4611686018427387904, 26",
    "9223372036854775807, 27",
  })
  void of_bytes_areInBucketsByPowersOfFour(long bytes, int bucket) {
    assertThat(WorkKind.of("model", bytes).sizeBucket()).isEqualTo(bucket);
  }

  @Property(tries = 200)
  void mostBytes_ofAnyKind_areTheLeastThatHoldIt(@ForAll @LongRange(min = 1) long bytes) {
    WorkKind kind = WorkKind.of("model", bytes);
    assertThat(kind.mostBytes()).isGreaterThanOrEqualTo(bytes);
    assertThat(WorkKind.of("model", kind.mostBytes())).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "1, 1",
    "1.8, 1",
    "1.9, 2",
    "2, 2",
    "3.7, 2",
    "3.8, 4",
    "7.5, 4",
    "8, 8",
    "15, 8",
    "64, 64",
    "1e12, 1073741824",
  })
  void callersBucket_inFlight_isAPowerOfTwo(double inFlight, int bucket) {
    assertThat(WorkKind.callersBucket(inFlight)).isEqualTo(bucket);
  }

  @Test
  void kinds_outOfRange_areRefused() {
    assertRefused(() -> WorkKind.of("model", -1), "bytes: -1 (expected: at least 0)");
    assertRefused(() -> new WorkKind("model", 28), "sizeBucket: 28 (expected: 0..27)");
    assertRefused(() -> new WorkKind("model", -1), "sizeBucket: -1");
    assertRefused(() -> WorkKind.callersBucket(Double.NaN), "inFlight: NaN");
    assertRefused(() -> WorkKind.callersBucket(-1), "inFlight: -1.0 (expected: at least 0)");
  }

  private static LoadSample sample(
      double inFlight, long requests, long rows, long window, long mean) {
    return new LoadSample(KIND, Choice.THREADS, inFlight, requests, rows, window, mean);
  }

  @Test
  void samples_outOfRange_areRefused() {
    assertThat(sample(0, 0, 0, 1, 0).requests()).isZero();
    assertRefused(() -> sample(Double.NaN, 0, 0, 1, 0), "inFlight: NaN");
    assertRefused(() -> sample(Double.POSITIVE_INFINITY, 0, 0, 1, 0), "inFlight: Infinity");
    assertRefused(() -> sample(-1, 0, 0, 1, 0), "inFlight: -1.0 (expected: at least 0)");
    assertRefused(() -> sample(0, -1, 0, 1, 0), "requests: -1 (expected: at least 0)");
    assertRefused(() -> sample(0, 0, -1, 1, 0), "rows: -1 (expected: at least 0)");
    assertRefused(() -> sample(0, 0, 0, 0, 0), "windowNanos: 0 (expected: at least 1)");
    assertRefused(() -> sample(0, 0, 0, 1, -1), "meanNanos: -1 (expected: at least 0)");
  }

  @Test
  void decisions_outOfRange_areRefused() {
    assertRefused(
        () -> new Decision(KIND, 3, Choice.THREADS, Reason.TRIAL, 0),
        "callersBucket: 3 (expected: a power of two)");
    assertRefused(
        () -> new Decision(KIND, 2, Choice.THREADS, Reason.TRIAL, Double.NaN), "gain: NaN");
  }

  @Test
  void profiles_outOfRange_areRefused() {
    assertRefused(
        () -> new Profile.Entry(KIND, 0, Choice.THREADS),
        "callersBucket: 0 (expected: a power of two)");
    Profile.Entry entry = new Profile.Entry(KIND, 2, Choice.THREADS);
    for (double rate : List.of(0.0, -1.0, Double.NaN, Double.POSITIVE_INFINITY)) {
      assertRefused(() -> new Profile(Map.of(entry, rate)), rate + " (expected: above 0)");
    }
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, false", "2147483647, false"})
  void of_capabilities_readsHowManyForwardsRunAtOnce(int forwards, boolean one) {
    Capabilities device =
        new Capabilities(forwards, 1, 1, true, false, false, GraphKey.SHAPE, Set.of(), 0);
    assertThat(PolicyFacts.of(Loop.TWO, device))
        .isEqualTo(new PolicyFacts(Loop.TWO, one, Profile.NONE));
  }
}
