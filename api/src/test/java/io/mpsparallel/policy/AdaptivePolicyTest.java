package io.mpsparallel.policy;

import static io.mpsparallel.policy.Loop.SMALL;
import static io.mpsparallel.policy.Loop.TWO;
import static io.mpsparallel.policy.Loop.closed;
import static io.mpsparallel.policy.Loop.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdaptivePolicyTest {
  private static final WorkKind LARGE = WorkKind.of("large", 1_000_000);

  /** So many callers; threads answer and batching answers so many requests a second. */
  private static Loop.Source source(double callers, double threads, double batching) {
    return told ->
        List.of(closed(SMALL, told, callers, told.equals(Choice.THREADS) ? threads : batching));
  }

  private static Loop loop(double callers) {
    return new Loop(policy(TWO), SMALL, callers);
  }

  // ---- where to start ----

  @ParameterizedTest
  @CsvSource({
    "1000, 1, threads",
    "1000, 4, threads",
    "1000, 4.1, batching",
    "4096, 64, batching",
    "4097, 64, threads",
    "1000000, 64, threads",
  })
  void choose_neverSeen_followsTheThresholds(long bytes, double inFlight, String id) {
    WorkKind kind = WorkKind.of("model", bytes);
    assertThat(policy(TWO).choose(kind, inFlight).id()).isEqualTo(id);
  }

  @Test
  void choose_nothingPutsTogether_isThreads() {
    AdaptivePolicy policy = policy(List.of(Choice.PROCESSES, Choice.THREADS));
    assertThat(policy.choose(SMALL, 64)).isEqualTo(Choice.THREADS);
  }

  @Test
  void choose_noThreads_takesWhatIsNext() {
    AdaptivePolicy policy = policy(List.of(Choice.BATCHING_OVER_PROCESSES, Choice.PROCESSES));
    assertThat(policy.choose(SMALL, 1)).isEqualTo(Choice.PROCESSES);
    assertThat(policy.choose(SMALL, 64)).isEqualTo(Choice.BATCHING_OVER_PROCESSES);
  }

  @Test
  void observe_newKind_saysWhereItStarts() {
    AdaptivePolicy policy = policy(TWO);
    assertThat(policy.observe(List.of(closed(SMALL, Choice.BATCHING, 9, 1000))))
        .containsExactly(new Decision(SMALL, 8, Choice.BATCHING, Reason.STARTING_TABLE, 0));
    assertThat(policy.observe(List.of(closed(SMALL, Choice.BATCHING, 9, 1000)))).isEmpty();
  }

  @Test
  void observe_onlyOneAllowed_neverChangesAnything() {
    Loop loop = new Loop(policy(List.of(Choice.PROCESSES)), SMALL, 1);
    loop.run(500, source(64, 1000, 1000)).run(500, source(1, 1000, 1000));
    assertThat(loop.decisions())
        .containsExactly(new Decision(SMALL, 64, Choice.PROCESSES, Reason.ONLY_CHOICE, 0));
  }

  // ---- a profile ----

  private static Profile profile(WorkKind kind, int callers, double threads, double batching) {
    return new Profile(
        Map.of(
            new Profile.Entry(kind, callers, Choice.THREADS), threads,
            new Profile.Entry(kind, callers, Choice.BATCHING), batching));
  }

  private static AdaptivePolicy profiled(Profile profile) {
    return new AdaptivePolicy(new PolicyFacts(TWO, false, profile));
  }

  @Test
  void choose_profile_isTakenForItsLoadOnly() {
    AdaptivePolicy policy = profiled(profile(LARGE, 16, 100, 300));
    assertThat(policy.choose(LARGE, 20)).isEqualTo(Choice.BATCHING);
    assertThat(policy.choose(LARGE, 40)).isEqualTo(Choice.THREADS);
  }

  @Test
  void choose_profile_isTakenForEveryVersionOfTheFile() {
    AdaptivePolicy policy = profiled(profile(new WorkKind("large.pt", 5), 16, 100, 300));
    assertThat(policy.choose(new WorkKind("/a/large.pt #7", 5), 20)).isEqualTo(Choice.BATCHING);
    assertThat(policy.choose(new WorkKind("C:\\b\\large.pt #1", 5), 20)).isEqualTo(Choice.BATCHING);
    assertThat(policy.choose(new WorkKind("/a/other.pt #1", 5), 20)).isEqualTo(Choice.THREADS);
  }

  @Test
  void choose_profileOfOneChoice_comparesNothing() {
    Profile half = new Profile(Map.of(new Profile.Entry(LARGE, 16, Choice.BATCHING), 300.0));
    assertThat(profiled(half).choose(LARGE, 20)).isEqualTo(Choice.THREADS);
  }

  @Test
  void choose_profileOfOneCaller_doesNotMatter() {
    AdaptivePolicy policy = profiled(profile(SMALL, 1, 100, 300));
    assertThat(policy.choose(SMALL, 1)).isEqualTo(Choice.THREADS);
  }

  @Test
  void observe_profile_replacesTheFirstTrials() {
    Loop loop = new Loop(profiled(profile(SMALL, 8, 300, 100)), SMALL, 8);
    loop.run(100, source(8, 300, 100));
    assertThat(loop.reasons()).containsExactly(Reason.PROFILE);
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
  }

  @Test
  void observe_profileThatIsWrong_isCorrectedLater() {
    Loop loop = new Loop(profiled(profile(SMALL, 8, 300, 100)), SMALL, 8);
    loop.run(130, source(8, 300, 600));
    assertThat(loop.reasons()).containsExactly(Reason.PROFILE, Reason.TRIAL, Reason.FASTER);
  }

  // ---- another load ----

  @Test
  void observe_loadChangesToWhatIsKnown_changesWithTheSecondWindow() {
    Loop loop = loop(64).run(20, source(64, 500, 2000)).run(2, source(1, 500, 500));
    assertThat(loop.decisions())
        .endsWith(new Decision(SMALL, 1, Choice.THREADS, Reason.LOAD_CHANGED, 0));
    loop.run(5, source(1, 500, 500)).run(2, source(64, 500, 2000));
    assertThat(loop.decisions())
        .endsWith(new Decision(SMALL, 64, Choice.BATCHING, Reason.LOAD_CHANGED, 0));
    assertThat(loop.run(50, source(64, 500, 2000)).reasons()).endsWith(Reason.LOAD_CHANGED);
  }

  @Test
  void observe_loadChangesForOneWindow_changesNothing() {
    Loop loop = loop(64).run(20, source(64, 500, 2000));
    int before = loop.decisions().size();
    for (int i = 0; i < 20; i++) {
      loop.run(1, source(1, 500, 500)).run(3, source(64, 500, 2000));
    }
    assertThat(loop.decisions()).hasSize(before);
  }

  @Test
  void observe_loadNeverSeen_takesWhatWasLearnedForTheNext() {
    Loop loop = loop(64).run(20, source(64, 5000, 2000));
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
    loop.run(3, source(16, 5000, 2000));
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
  }

  @Test
  void choose_kindWithTwoLoads_saysWhatHoldsForEach() {
    AdaptivePolicy policy = policy(TWO);
    new Loop(policy, SMALL, 64).run(20, source(64, 500, 2000));
    assertThat(policy.choose(SMALL, 1)).isEqualTo(Choice.THREADS);
    assertThat(policy.choose(SMALL, 64)).isEqualTo(Choice.BATCHING);
    assertThat(policy.choose(SMALL, 50)).isEqualTo(Choice.BATCHING);
  }

  // ---- limits ----

  @Test
  void observe_slowModel_learnsFromMergedWindows() {
    Loop loop = loop(8).run(50, source(8, 30, 20));
    assertThat(loop.reasons()).containsExactly(Reason.STARTING_TABLE, Reason.TRIAL, Reason.FASTER);
  }

  @Test
  void observe_kindForgotten_startsAgain() {
    AdaptivePolicy policy = policy(TWO);
    Loop loop = new Loop(policy, SMALL, 8).run(20, source(8, 1500, 1000));
    for (int i = 0; i < AdaptivePolicy.MOST_KINDS - 1; i++) {
      policy.observe(List.of(closed(WorkKind.of("other" + i, 1), Choice.THREADS, 1, 100)));
    }
    assertThat(policy.choose(SMALL, 8)).isEqualTo(Choice.THREADS);
    policy.observe(List.of(closed(WorkKind.of("last", 1), Choice.THREADS, 1, 100)));
    assertThat(policy.choose(SMALL, 8)).isEqualTo(Choice.BATCHING);
    assertThat(loop.run(1, source(8, 1500, 1000)).reasons()).endsWith(Reason.STARTING_TABLE);
  }

  @Test
  void observe_nothing_decidesNothing() {
    assertThat(policy(TWO).observe(List.of())).isEmpty();
  }

  @Test
  void construct_nothingAllowed_isRefused() {
    assertThatThrownBy(() -> policy(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("allowed: [] (expected: at least one choice, each once)");
    assertThatThrownBy(() -> policy(List.of(Choice.THREADS, Choice.THREADS)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
