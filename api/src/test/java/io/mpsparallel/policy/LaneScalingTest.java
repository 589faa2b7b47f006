package io.mpsparallel.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LaneScalingTest {
  private static final int MANY = 200;

  /** Obeys for so many windows; the lanes of each. */
  private static List<Integer> run(
      LaneScaling scaling, int start, int windows, IntToDoubleFunction perSecond) {
    List<Integer> used = new ArrayList<>();
    int lanes = start;
    for (int i = 0; i < windows; i++) {
      used.add(lanes);
      lanes = scaling.observe(lanes, perSecond.applyAsDouble(lanes), true);
    }
    used.add(lanes);
    return used;
  }

  private static int last(List<Integer> used) {
    return used.get(used.size() - 1);
  }

  private static long moves(List<Integer> used) {
    long moves = 0;
    for (int i = 1; i < used.size(); i++) {
      moves += used.get(i).equals(used.get(i - 1)) ? 0 : 1;
    }
    return moves;
  }

  @Property(tries = 500)
  void observe_anyLawWithNoise_endsWithinFivePercentOfTheBest(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 64) int most,
      @ForAll @IntRange(min = 1, max = 64) int start,
      @ForAll @DoubleRange(max = 0.6) double sigma,
      @ForAll @DoubleRange(max = 0.05) double kappa) {
    Assume.that(start <= most);
    ScalabilityLaw law = new ScalabilityLaw(1000, sigma, kappa);
    Random random = new Random(seed);
    List<Integer> used =
        run(
            new LaneScaling(most, start),
            start,
            MANY,
            lanes -> law.at(lanes) * (0.97 + 0.06 * random.nextDouble()));
    assertThat(law.at(last(used))).isGreaterThan(0.95 * law.at(law.peak(most)));
    assertThat(used).allMatch(lanes -> lanes >= 1 && lanes <= most);
    assertThat(moves(used)).isLessThan(20);
  }

  @Property(tries = 100)
  void observe_oneWindowFarOff_doesNotMatter(
      @ForAll @IntRange(max = MANY - 1) int when, @ForAll boolean high) {
    ScalabilityLaw law = new ScalabilityLaw(1000, 0.05, 0.01);
    int[] window = {0};
    List<Integer> used =
        run(
            new LaneScaling(32, 4),
            4,
            MANY,
            lanes -> law.at(lanes) * (window[0]++ == when ? (high ? 1000 : 0.001) : 1));
    assertThat(law.at(last(used))).isGreaterThan(0.95 * law.at(law.peak(32)));
  }

  @Test
  void observe_newCount_isMeasuredForFiveWindowsAndOneToSettle() {
    List<Integer> used = run(new LaneScaling(64, 4), 4, 17, lanes -> 1000 * lanes);
    assertThat(used).containsExactly(4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 16, 16, 16, 16, 16, 16, 32);
  }

  @Test
  void observe_moreLanesAreSlower_goesBackToOne() {
    List<Integer> used = run(new LaneScaling(8, 8), 8, MANY, lanes -> 1000 / Math.sqrt(lanes));
    assertThat(last(used)).isEqualTo(1);
  }

  @Test
  void observe_noLawFits_takesWhatWasFastest() {
    // Up to 6 lanes as many times as fast, and beyond that next to nothing.
    List<Integer> used =
        run(new LaneScaling(32, 2), 2, MANY, lanes -> lanes <= 6 ? 1000 * lanes : 300);
    assertThat(last(used)).isEqualTo(6);
  }

  @Test
  void observe_flat_takesFewLanes() {
    assertThat(last(run(new LaneScaling(32, 16), 16, MANY, lanes -> 1000))).isEqualTo(1);
  }

  @Test
  void observe_becomesSlowerThanFewerLanesWere_retreatsAfterThreeWindows() {
    LaneScaling scaling = new LaneScaling(8, 4);
    int settled = last(run(scaling, 4, 100, lanes -> 1000 * lanes));
    assertThat(settled).isEqualTo(8);
    List<Integer> used = run(scaling, settled, 3, lanes -> 2000);
    assertThat(used).containsExactly(8, 8, 8, 4);
  }

  @Test
  void observe_everythingBecomesSlower_comesBack() {
    LaneScaling scaling = new LaneScaling(8, 4);
    int settled = last(run(scaling, 4, 100, lanes -> 1000 * lanes));
    List<Integer> used = run(scaling, settled, 60, lanes -> 300 * lanes);
    assertThat(used).contains(4).endsWith(8);
  }

  @Test
  void observe_peakMoves_isFoundByALaterLook() {
    ScalabilityLaw before = new ScalabilityLaw(1000, 0.05, 0.02);
    ScalabilityLaw after = new ScalabilityLaw(1000, 0.01, 0.0001);
    LaneScaling scaling = new LaneScaling(16, 4);
    int settled = last(run(scaling, 4, 100, before::at));
    int later = last(run(scaling, settled, 10_000, after::at));
    assertThat(after.at(later)).isGreaterThan(1.2 * after.at(settled));
  }

  @Test
  void observe_longRun_looksElsewhereEverMoreRarely() {
    ScalabilityLaw law = new ScalabilityLaw(1000, 0.05, 0.01);
    LaneScaling scaling = new LaneScaling(16, 4);
    int settled = last(run(scaling, 4, 1000, law::at));
    List<Integer> used = run(scaling, settled, 20_000, law::at);
    long elsewhere = used.stream().filter(lanes -> lanes != settled).count();
    assertThat(elsewhere).isBetween(1L, 100L);
  }

  @Test
  void observe_notSaturatedOrOtherLanes_learnsNothing() {
    LaneScaling scaling = new LaneScaling(8, 4);
    for (int i = 0; i < 100; i++) {
      assertThat(scaling.observe(4, 1000, false)).isEqualTo(4);
      assertThat(scaling.observe(2, 1000, true)).isEqualTo(4);
      assertThat(scaling.observe(4, 0, true)).isEqualTo(4);
      assertThat(scaling.observe(4, Double.NaN, true)).isEqualTo(4);
    }
    assertThat(scaling.law()).isEmpty();
  }

  @Test
  void observe_oneLaneAllowed_staysThere() {
    assertThat(run(new LaneScaling(1, 1), 1, 1000, lanes -> 1000)).containsOnly(1);
  }

  @Test
  void law_threeCountsMeasured_saysWhereThePeakIs() {
    ScalabilityLaw law = new ScalabilityLaw(1000, 0.1, 0.009);
    LaneScaling scaling = new LaneScaling(64, 4);
    run(scaling, 4, 50, law::at);
    assertThat(scaling.law().orElseThrow().peak(64)).isEqualTo(10);
  }

  @Test
  void construct_outOfRange_isRefused() {
    assertThatThrownBy(() -> new LaneScaling(4, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("start: 5 (expected: 1..4)");
    assertThatThrownBy(() -> new LaneScaling(0, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
