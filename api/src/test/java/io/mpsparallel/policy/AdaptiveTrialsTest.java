package io.mpsparallel.policy;

import static io.mpsparallel.policy.Loop.SMALL;
import static io.mpsparallel.policy.Loop.TWO;
import static io.mpsparallel.policy.Loop.closed;
import static io.mpsparallel.policy.Loop.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When alternatives are tried, and what follows. */
class AdaptiveTrialsTest {
  private static final WorkKind LARGE = WorkKind.of("large", 1_000_000);

  /** So many callers; threads answer and batching answers so many requests a second. */
  private static Loop.Source source(double callers, double threads, double batching) {
    return told ->
        List.of(closed(SMALL, told, callers, told.equals(Choice.THREADS) ? threads : batching));
  }

  private static Loop loop(double callers) {
    return new Loop(policy(TWO), SMALL, callers);
  }

  // ---- trials ----

  @Test
  void observe_alternativeFaster_isTakenAfterOneTrial() {
    Loop loop = loop(8).run(20, source(8, 1500, 1000));
    assertThat(loop.reasons()).containsExactly(Reason.STARTING_TABLE, Reason.TRIAL, Reason.FASTER);
    assertThat(loop.decisions().get(2).gain()).isCloseTo(0.5, within(0.01));
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
  }

  @Test
  void observe_trial_startsAfterThreeWindowsAndLastsThreeAndOneToSettle() {
    Loop loop = loop(8).run(9, source(8, 1500, 1000));
    assertThat(loop.told().subList(0, 3)).containsOnly(Choice.BATCHING);
    assertThat(loop.told().subList(3, 9)).containsOnly(Choice.THREADS);
    loop = loop(8).run(6, source(8, 1500, 1000));
    assertThat(loop.reasons()).doesNotContain(Reason.FASTER);
    assertThat(loop.run(1, source(8, 1500, 1000)).reasons()).contains(Reason.FASTER);
  }

  @Test
  void observe_alternativeSlower_goesBackAndSaysHowMuch() {
    Loop loop = loop(8).run(20, source(8, 800, 1000));
    assertThat(loop.reasons()).containsExactly(Reason.STARTING_TABLE, Reason.TRIAL, Reason.KEPT);
    assertThat(loop.decisions().get(2).gain()).isCloseTo(-0.2, within(0.01));
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
  }

  @Test
  void observe_gainBelowTenPercent_isNotWorthAChange() {
    Loop loop = loop(8).run(100, source(8, 1080, 1000));
    assertThat(loop.reasons()).doesNotContain(Reason.FASTER).contains(Reason.KEPT);
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
  }

  @Test
  void observe_gainCloseToTenPercent_isLookedAtThreeTimes() {
    Loop loop = loop(8).run(100, source(8, 1080, 1000));
    assertThat(loop.reasons()).filteredOn(Reason.TRIAL::equals).hasSize(3);
  }

  // ---- while something is prepared ----

  /** What was slow because something else was prepared must not make an alternative look fast. */
  @Test
  void observe_presentChoiceDisturbed_isComparedAsItWasBefore() {
    Loop loop = loop(8).run(2, source(8, 700, 1000));
    loop.runDisturbed(50, source(8, 700, 300));
    assertThat(loop.reasons()).containsExactly(Reason.STARTING_TABLE);
    loop.run(20, source(8, 700, 1000));
    assertThat(loop.reasons()).containsExactly(Reason.STARTING_TABLE, Reason.TRIAL, Reason.KEPT);
  }

  @Test
  void observe_trialDisturbed_isGivenUpAndMadeAnew() {
    Loop loop = loop(8).run(6, source(8, 1500, 1000));
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
    loop.runDisturbed(50, source(8, 100, 1000));
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
    loop.run(20, source(8, 1500, 1000));
    assertThat(loop.reasons())
        .containsExactly(
            Reason.STARTING_TABLE, Reason.TRIAL, Reason.KEPT, Reason.TRIAL, Reason.FASTER);
  }

  @Test
  void observe_otherLoadWhileDisturbed_isFollowed() {
    Loop loop = loop(8).run(2, source(8, 1500, 1000));
    loop.runDisturbed(4, source(1, 1500, 1000));
    assertThat(loop.reasons()).containsExactly(Reason.STARTING_TABLE, Reason.LOAD_CHANGED);
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
  }

  @Test
  void observe_alternativeHarmful_isCutShortTwice() {
    Loop loop = loop(8).run(100, source(8, 400, 1000));
    assertThat(loop.reasons())
        .containsExactly(
            Reason.STARTING_TABLE, Reason.TRIAL, Reason.RETREAT, Reason.TRIAL, Reason.RETREAT);
    assertThat(loop.told()).filteredOn(Choice.THREADS::equals).hasSize(4);
  }

  @Test
  void observe_oneCaller_triesNothing() {
    Loop loop = loop(1).run(1000, source(1, 1000, 5000));
    assertThat(loop.reasons()).containsExactly(Reason.STARTING_TABLE);
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
  }

  @Test
  void observe_oneForwardAtATime_triesPuttingTogetherFirst() {
    List<Choice> allowed = List.of(Choice.THREADS, Choice.PROCESSES, Choice.BATCHING);
    AdaptivePolicy policy = new AdaptivePolicy(new PolicyFacts(allowed, true, Profile.NONE));
    Loop loop = new Loop(policy, LARGE, 8);
    loop.run(4, told -> List.of(closed(LARGE, told, 8, 1000)));
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
  }

  @Test
  void observe_traffticEndsDuringATrial_theTrialEnds() {
    Loop loop = loop(8).run(4, source(8, 1500, 1000));
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
    loop.run(8, told -> List.of());
    assertThat(loop.reasons()).endsWith(Reason.KEPT);
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
  }

  @Test
  void observe_alternativeIsNeverServed_isGivenUp() {
    Loop loop = loop(8).run(110, told -> List.of(closed(SMALL, Choice.BATCHING, 8, 1000)));
    assertThat(loop.reasons()).filteredOn(Reason.TRIAL::equals).hasSize(3);
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
  }

  @Test
  void observe_manyKinds_onlyOneIsTried() {
    AdaptivePolicy policy = policy(TWO);
    Map<WorkKind, Choice> told = new HashMap<>();
    Map<WorkKind, Reason> reasons = new HashMap<>();
    List<WorkKind> kinds =
        IntStream.range(0, 10).mapToObj(i -> WorkKind.of("model" + i, 1000)).toList();
    for (int window = 0; window < 70; window++) {
      List<LoadSample> samples = new ArrayList<>();
      for (WorkKind kind : kinds) {
        Choice choice = told.getOrDefault(kind, Choice.BATCHING);
        samples.add(closed(kind, choice, 8, choice.equals(Choice.THREADS) ? 1500 : 1000));
      }
      for (Decision decision : policy.observe(samples)) {
        told.put(decision.kind(), decision.choice());
        reasons.put(decision.kind(), decision.reason());
      }
      assertThat(reasons.values()).filteredOn(Reason.TRIAL::equals).hasSizeLessThan(2);
    }
    assertThat(reasons.values()).hasSize(10).containsOnly(Reason.FASTER);
  }

  // ---- from then on ----

  @Test
  void observe_longRun_triesAgainEverMoreRarely() {
    Loop loop = loop(8).run(10, source(8, 800, 1000));
    List<Integer> trials = new ArrayList<>();
    for (int window = 10; window < 30_000; window++) {
      int before = loop.decisions().size();
      loop.run(1, source(8, 800, 1000));
      if (loop.reasons().subList(before, loop.decisions().size()).contains(Reason.TRIAL)) {
        trials.add(window);
      }
    }
    List<Integer> gaps =
        IntStream.range(1, trials.size()).mapToObj(i -> trials.get(i) - trials.get(i - 1)).toList();
    assertThat(trials.get(0)).isBetween(120, 140);
    assertThat(gaps.subList(0, 4))
        .isSorted()
        .first()
        .satisfies(gap -> assertThat(gap).isBetween(240, 250));
    assertThat(gaps.subList(4, gaps.size()))
        .allSatisfy(gap -> assertThat(gap).isBetween(2400, 2410));
    assertThat(loop.share(Choice.THREADS, 10)).isLessThan(0.02);
  }

  @Test
  void observe_alternativeBecomesFaster_isFoundByALaterTrial() {
    Loop loop = loop(8).run(50, source(8, 800, 1000)).run(100, source(8, 1300, 1000));
    assertThat(loop.reasons()).endsWith(Reason.TRIAL, Reason.FASTER);
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
  }

  @Test
  void observe_manyKinds_trialsOfWhatIsKnownStayBelowTwoPercent() {
    AdaptivePolicy policy = policy(TWO);
    Map<WorkKind, Choice> told = new HashMap<>();
    Map<WorkKind, Reason> reasons = new HashMap<>();
    int trying = 0;
    for (int window = 0; window < 4000; window++) {
      trying += window >= 1000 && reasons.containsValue(Reason.TRIAL) ? 1 : 0;
      List<LoadSample> samples = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        WorkKind kind = WorkKind.of("model" + i, 1000);
        Choice choice = told.getOrDefault(kind, Choice.BATCHING);
        samples.add(closed(kind, choice, 8, choice.equals(Choice.THREADS) ? 700 : 1000));
      }
      for (Decision decision : policy.observe(samples)) {
        told.put(decision.kind(), decision.choice());
        reasons.put(decision.kind(), decision.reason());
      }
    }
    assertThat(trying / 3000.0).isBetween(0.01, 0.021);
  }

  @Test
  void observe_presentBecomesWorseThanWhatIsKnown_goesBackWithinFourWindows() {
    Loop loop = loop(8).run(20, source(8, 800, 1000)).run(4, source(8, 800, 600));
    assertThat(loop.reasons()).endsWith(Reason.RETREAT);
    assertThat(loop.decisions().get(3).gain()).isCloseTo(0.33, within(0.01));
    assertThat(loop.present()).isEqualTo(Choice.THREADS);
  }

  @Test
  void observe_presentBecomesALittleWorse_stays() {
    Loop loop = loop(8).run(20, source(8, 950, 1000)).run(90, source(8, 950, 870));
    assertThat(loop.reasons()).doesNotContain(Reason.RETREAT);
  }

  @Test
  void observe_everythingBecomesSlower_goesBackAtMostOnceEach() {
    Loop loop = loop(8).run(20, source(8, 800, 1000)).run(80, source(8, 400, 500));
    assertThat(loop.reasons()).filteredOn(Reason.RETREAT::equals).hasSize(2);
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
  }
}
