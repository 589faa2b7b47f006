package io.mpsparallel.policy;

import static io.mpsparallel.policy.Loop.SMALL;
import static io.mpsparallel.policy.Loop.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.policy.SimulatedQueue.Servers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy over queues: loads whose number in flight depends on the choice. */
class SimulatedLoadTest {
  private static final double MILLI = 1e6;

  private static SimulatedQueue queue(long seed, Servers threads, Servers batching) {
    Map<Choice, Servers> servers = new LinkedHashMap<>();
    servers.put(Choice.THREADS, threads);
    servers.put(Choice.BATCHING, batching);
    return new SimulatedQueue(SMALL, seed, servers);
  }

  private static Loop loop(double inFlight) {
    return new Loop(Loop.policy(TWO), SMALL, inFlight);
  }

  private static LoadSample settled(SimulatedQueue queue, Choice choice) {
    queue.window(choice);
    queue.window(choice);
    queue.window(choice);
    return queue.window(choice).stream()
        .filter(sample -> sample.choice().equals(choice))
        .findFirst()
        .orElseThrow();
  }

  private static double perSecond(LoadSample sample) {
    return sample.rows() * 1e9 / sample.windowNanos();
  }

  // ---- what to compare: see docs/adaptive.md ----

  @Test
  void closedLoop_fasterChoice_answersMoreInTheSameProportionAsItTakesLess() {
    SimulatedQueue queue =
        queue(1, Servers.direct(2, MILLI), new Servers(1, MILLI, 0.02 * MILLI, 64));
    queue.callers(16);
    LoadSample threads = settled(queue, Choice.THREADS);
    LoadSample batching = settled(queue, Choice.BATCHING);
    double more = perSecond(batching) / perSecond(threads);
    double faster = threads.meanNanos() / (double) batching.meanNanos();
    assertThat(more).isGreaterThan(4);
    assertThat(faster / more).isBetween(0.95, 1.05);
  }

  @Test
  void openLoop_fasterChoice_showsInTheMeanTimeButNotInThroughput() {
    SimulatedQueue queue = queue(1, Servers.direct(4, MILLI), Servers.direct(4, 2 * MILLI));
    queue.arrivals(1000);
    LoadSample threads = settled(queue, Choice.THREADS);
    LoadSample batching = settled(queue, Choice.BATCHING);
    assertThat(perSecond(threads) / perSecond(batching)).isBetween(0.85, 1.15);
    assertThat(batching.meanNanos() / (double) threads.meanNanos()).isGreaterThan(1.8);
    // The mean time over the number in flight is 1/throughput, by Little's law: no difference.
    double ratio =
        (batching.meanNanos() / batching.inFlight()) / (threads.meanNanos() / threads.inFlight());
    assertThat(ratio).isBetween(0.85, 1.15);
  }

  // ---- closed loops ----

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void closedLoop_twoChoices_findsTheFasterWithinFiveSeconds(long seed) {
    SimulatedQueue queue =
        queue(seed, Servers.direct(4, MILLI), new Servers(1, MILLI, 0.5 * MILLI, 64));
    queue.callers(16);
    Loop loop = loop(16).run(120, queue::window);
    assertThat(loop.told().get(0)).isEqualTo(Choice.BATCHING);
    assertThat(loop.longestWithout(Choice.THREADS, 20)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void closedLoop_slowModel_isLearned(long seed) {
    SimulatedQueue queue =
        queue(seed, Servers.direct(2, 50 * MILLI), new Servers(1, 50 * MILLI, 50 * MILLI, 16));
    queue.callers(8);
    Loop loop = loop(8).run(100, queue::window);
    assertThat(loop.told().get(0)).isEqualTo(Choice.BATCHING);
    assertThat(loop.longestWithout(Choice.THREADS, 60)).isZero();
  }

  @Test
  void closedLoop_callersComeAndGo_eachLoadIsServedAtOnce() {
    SimulatedQueue queue =
        queue(1, Servers.direct(2, MILLI), new Servers(1, MILLI, 0.02 * MILLI, 64));
    queue.callers(64);
    Loop loop = loop(1).run(30, queue::window);
    long before = loop.switches();
    for (int i = 0; i < 6; i++) {
      queue.callers(1);
      assertThat(loop.run(4 + i, queue::window).present()).isEqualTo(Choice.THREADS);
      queue.callers(64);
      assertThat(loop.run(4 + i, queue::window).present()).isEqualTo(Choice.BATCHING);
    }
    assertThat(loop.switches() - before).isEqualTo(12);
  }

  // ---- open loops ----

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void openLoop_belowCapacity_findsTheQuickerAndStays(long seed) {
    SimulatedQueue queue = queue(seed, Servers.direct(8, 2 * MILLI), Servers.direct(8, MILLI));
    queue.arrivals(3000);
    Loop loop = loop(1).run(400, queue::window);
    assertThat(loop.share(Choice.BATCHING, 20)).isGreaterThan(0.9);
    assertThat(loop.present()).isEqualTo(Choice.BATCHING);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void openLoop_oneChoiceCannotKeepUp_isLeftAloneEverMore(long seed) {
    // With batching so little is in flight that it looks like one caller, who is served by threads:
    // which cannot keep up.
    SimulatedQueue queue =
        queue(seed, Servers.direct(1, MILLI), new Servers(1, 0.2 * MILLI, 0.02 * MILLI, 64));
    queue.arrivals(1500);
    Loop loop = loop(1).run(2000, queue::window);
    assertThat(loop.share(Choice.BATCHING, 0)).isGreaterThan(0.9);
    assertThat(loop.share(Choice.BATCHING, 1000)).isGreaterThan(0.97);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void openLoop_rateChanges_switchesAreFew(long seed) {
    SimulatedQueue queue =
        queue(seed, Servers.direct(2, MILLI), new Servers(1, MILLI, 0.02 * MILLI, 64));
    Loop loop = loop(1);
    for (double rate : List.of(500.0, 1900.0, 1200.0, 1950.0, 800.0, 1900.0)) {
      queue.arrivals(rate);
      loop.run(200, queue::window);
    }
    assertThat(loop.switches()).isLessThan(60);
  }
}
