package io.mpsparallel.policy;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThreadBudgetTest {
  private static final int UNLIMITED = Capabilities.UNLIMITED;

  private static Capabilities facts(boolean asynchronous, int forwards, int streams) {
    return new Capabilities(
        forwards,
        streams,
        1,
        asynchronous,
        true,
        true,
        GraphKey.MODEL,
        EnumSet.allOf(DType.class),
        0);
  }

  private static ThreadBudget budget(
      int cpus, Capabilities facts, int lanes, int intraOp, int blas) {
    return ThreadBudget.of(
        cpus, 1, facts, LaneSettings.DEFAULTS.withCount(lanes), new ThreadSettings(intraOp, blas));
  }

  // ---- examples; 0 is auto ----

  @ParameterizedTest
  @CsvSource({
    // cpus, asked: lanes, intra-op, blas; given: lanes, intra-op, blas
    "8, 0, 0, 0, 8, 1, 1",
    "1, 0, 0, 0, 1, 1, 1",
    "8, 3, 0, 0, 3, 2, 2",
    "8, 9, 0, 0, 9, 1, 1",
    "8, 1, 0, 0, 1, 8, 8",
    "8, 0, 3, 0, 2, 3, 3",
    "8, 0, 9, 0, 1, 9, 9",
    "8, 4, 4, 0, 4, 4, 4",
    "8, 4, 4, 1, 4, 4, 1",
    "8, 0, 0, 4, 2, 4, 4",
    "64, 0, 0, 0, 31, 2, 2",
  })
  void of_cpu_sharesTheCpusOut(
      int cpus, int lanes, int intraOp, int blas, int gotLanes, int gotIntraOp, int gotBlas) {
    ThreadBudget budget = budget(cpus, facts(false, UNLIMITED, 31), lanes, intraOp, blas);
    assertThat(budget.lanes()).isEqualTo(gotLanes);
    assertThat(budget.threads()).isEqualTo(new ThreadSettings(gotIntraOp, gotBlas));
  }

  @ParameterizedTest
  @CsvSource({
    // cpus, forwards at once, streams; asked: lanes, intra-op; given: lanes, intra-op
    "64, 2147483647, 31, 0, 0, 8, 1",
    "4, 2147483647, 31, 0, 0, 4, 1",
    "64, 1, 31, 0, 0, 1, 1",
    "64, 2147483647, 5, 0, 0, 5, 1",
    "64, 2147483647, 31, 16, 0, 16, 1",
    "64, 1, 31, 2, 0, 2, 1",
    "16, 2147483647, 31, 0, 4, 4, 4",
    "16, 2147483647, 31, 1, 0, 1, 1",
  })
  void of_gpu_countsLanesAsHostThreads(
      int cpus, int forwards, int streams, int lanes, int intraOp, int gotLanes, int gotIntraOp) {
    ThreadBudget budget = budget(cpus, facts(true, forwards, streams), lanes, intraOp, 0);
    assertThat(budget.lanes()).isEqualTo(gotLanes);
    assertThat(budget.threads()).isEqualTo(new ThreadSettings(gotIntraOp, gotIntraOp));
  }

  @Test
  void withLanes_automaticThreads_areSizedAnew() {
    ThreadBudget budget = budget(8, facts(false, UNLIMITED, 31), 0, 0, 0);
    assertThat(budget.withLanes(2).threads()).isEqualTo(new ThreadSettings(4, 4));
    assertThat(budget.withLanes(2).withLanes(8)).isEqualTo(budget);
  }

  @Test
  void withLanes_explicitThreads_stay() {
    ThreadBudget budget = budget(8, facts(false, UNLIMITED, 31), 0, 2, 3);
    assertThat(budget.withLanes(8).threads()).isEqualTo(new ThreadSettings(2, 3));
  }

  @Test
  void lanes_moreThanStreams_areRefusedWithBothKeys() {
    Capabilities few = facts(false, UNLIMITED, 3);
    String message =
        "lanes.count: 4 (expected: at most 3, the streams of the device: see streams.capacity)";
    assertFails(ErrorCode.CONFIG_INVALID, () -> budget(8, few, 4, 0, 0), message);
    assertFails(ErrorCode.CONFIG_INVALID, () -> budget(8, few, 3, 0, 0).withLanes(4), message);
  }

  @Test
  void counts_belowOne_areRefused() {
    Capabilities facts = facts(false, UNLIMITED, 31);
    assertThatThrownBy(() -> budget(0, facts, 1, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cpus, devices, lanes: 0, 1, 1 (expected: at least 1)");
    assertThatThrownBy(() -> budget(1, facts, 1, 1, 1).withLanes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cpus, devices, lanes: 1, 1, 0 (expected: at least 1)");
  }

  private static ThreadBudget spread(int cpus, int devices, boolean asynchronous, int lanes) {
    return ThreadBudget.of(
        cpus,
        devices,
        facts(asynchronous, UNLIMITED, 31),
        LaneSettings.DEFAULTS.withCount(lanes),
        ThreadSettings.DEFAULTS);
  }

  @ParameterizedTest
  @CsvSource({
    "16, 2, 0, 8", // as many as are useful on each
    "8, 2, 0, 4", // the CPUs are divided
    "1, 4, 0, 1", // at least one on each
    "512, 16, 0, 4", // no more in all than there can be
    "2, 3, 5, 5" // as asked, on each
  })
  void lanes_ofSeveralDevices_areThoseOfEach(int cpus, int devices, int asked, int lanes) {
    ThreadBudget budget = spread(cpus, devices, true, asked);
    assertThat(budget.lanes()).isEqualTo(lanes);
    assertThat(budget.total()).isEqualTo(lanes * devices);
  }

  @Test
  void threads_ofSeveralDevices_shareTheCpus() {
    ThreadBudget budget = spread(8, 2, false, 2);
    assertThat(budget.intraOp()).isEqualTo(2);
    assertThat(budget.overcommitment()).isEmpty();
    assertThat(spread(2, 2, false, 2).overcommitment())
        .hasValueSatisfying(warning -> assertThat(warning).contains("4 x 1 = 4"));
  }

  @Test
  void lanes_moreThanThereCanBeOnAllDevices_areRefused() {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> spread(8, 4, true, 17),
        "lanes.count: 17 on each of 4 devices (expected: at most 64 in all)");
    assertThat(spread(8, 4, true, 16).total()).isEqualTo(64);
  }

  @Test
  void overcommitment_tooManyThreads_hasTheNumbersAndWhatToDo() {
    assertThat(budget(2, facts(false, UNLIMITED, 31), 4, 2, 1).overcommitment())
        .hasValueSatisfying(
            warning ->
                assertThat(warning)
                    .contains("4 x 2 = 8 (expected: at most 2,")
                    .contains("lanes.count", "threads.intra-op", "threads.blas", "0.7 to 0.8"));
  }

  @Test
  void overcommitment_blasThreads_countAsWell() {
    assertThat(budget(4, facts(false, UNLIMITED, 31), 2, 1, 3).overcommitment())
        .hasValueSatisfying(warning -> assertThat(warning).contains("2 x 3 = 6"));
  }

  @Test
  void overcommitment_threadsThatFit_isEmpty() {
    assertThat(budget(4, facts(false, UNLIMITED, 31), 2, 2, 2).overcommitment()).isEmpty();
  }

  // ---- for all ----

  @Property
  void everything_atLeastOneAndExplicitWins(
      @ForAll @IntRange(min = 1, max = 256) int cpus,
      @ForAll boolean asynchronous,
      @ForAll @IntRange(min = 1, max = 40) int forwards,
      @ForAll @IntRange(min = 0, max = 31) int lanes,
      @ForAll @IntRange(min = 0, max = 1024) int intraOp,
      @ForAll @IntRange(min = 0, max = 1024) int blas) {
    ThreadBudget budget = budget(cpus, facts(asynchronous, forwards, 31), lanes, intraOp, blas);
    assertThat(budget.lanes()).isBetween(1, 31);
    assertThat(budget.intraOp()).isPositive();
    assertThat(budget.blas()).isEqualTo(blas == 0 ? budget.intraOp() : blas);
    assertThat(lanes).isIn(0, budget.lanes());
    assertThat(intraOp).isIn(0, budget.intraOp());
  }

  /** At worst one lane with the explicit threads, or the explicit lanes with one thread each. */
  @Property
  void automaticParts_neverOvercommit(
      @ForAll @IntRange(min = 1, max = 256) int cpus,
      @ForAll boolean asynchronous,
      @ForAll @IntRange(min = 1, max = 40) int streams,
      @ForAll @IntRange(min = 1, max = 1024) int explicit) {
    Capabilities facts = facts(asynchronous, UNLIMITED, streams);
    assertThat(budget(cpus, facts, 0, 0, 0).overcommitment()).isEmpty();
    assertThat(total(budget(cpus, facts, 0, explicit, 0))).isBetween(1, Math.max(cpus, explicit));
    assertThat(total(budget(cpus, facts, 0, 0, explicit))).isBetween(1, Math.max(cpus, explicit));
    int lanes = Math.min(explicit, streams);
    assertThat(total(budget(cpus, facts, lanes, 0, 0))).isBetween(lanes, Math.max(cpus, lanes));
  }

  private static int total(ThreadBudget budget) {
    return budget.lanes() * Math.max(budget.intraOp(), budget.blas());
  }

  @Property
  void overcommitment_isThereWheneverTheThreadsAreMoreThanTheCpus(
      @ForAll @IntRange(min = 1, max = 64) int cpus,
      @ForAll @IntRange(min = 1, max = 31) int lanes,
      @ForAll @IntRange(min = 1, max = 16) int threads) {
    ThreadBudget budget = budget(cpus, facts(false, UNLIMITED, 31), lanes, threads, 0);
    assertThat(budget.overcommitment().isPresent()).isEqualTo(lanes * threads > cpus);
  }

  // ---- the process ----

  /** Ends with the number of granted CPUs as its exit code. */
  static final class EndsWithGrantedCpus {
    private EndsWithGrantedCpus() {}

    public static void main(String[] arguments) {
      System.exit(ThreadBudget.grantedCpus());
    }
  }

  @Test
  void grantedCpus_setForTheJvm_isThatNumber() throws IOException, InterruptedException {
    ProcessBuilder child =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:ActiveProcessorCount=3",
            EndsWithGrantedCpus.class.getName());
    child.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    assertThat(child.start().waitFor()).isEqualTo(3);
  }
}
