package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.processes.Life.Sample;
import io.mpsparallel.processes.Life.State;
import io.mpsparallel.processes.Life.Step;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Limits;
import io.mpsparallel.settings.ProcessSettings.Restart;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The states of a place, driven without a clock. */
class LifeTest {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final ProcessSettings SETTINGS =
      ProcessSettings.DEFAULTS
          .withLimits(new Limits(Duration.ofSeconds(60), Duration.ofSeconds(5), 1000, 100))
          .withRestart(new Restart(Duration.ofMillis(100), Duration.ofSeconds(30), 5));

  private Life life = new Life(SETTINGS);
  private long now;

  /** A moment and what is special about it. */
  private Sample quiet() {
    return new Sample(now, 0, 0, 0, 0, true);
  }

  private Life serving() {
    assertThat(life.look(quiet())).isEqualTo(Step.START);
    life.started(now);
    life.ready(now);
    return life;
  }

  @Example
  void start_atOnce_thenServes() {
    assertThat(serving().state()).isEqualTo(State.SERVING);
    assertThat(life.look(quiet())).isEqualTo(Step.NOTHING);
  }

  @Example
  void start_thatTakesTooLong_isKilled() {
    life.look(quiet());
    life.started(now);
    now += 60 * SECOND;
    assertThat(life.look(quiet())).isEqualTo(Step.NOTHING);
    now += 1;
    assertThat(life.look(quiet())).isEqualTo(Step.KILL_UNREADY);
    assertThat(life.look(quiet())).isEqualTo(Step.NOTHING);
  }

  @Example
  void silence_isKilledBeforeTheRequestIsBlamed() {
    serving();
    Sample both = new Sample(now, 61 * SECOND, 6 * SECOND, 0, 0, true);
    assertThat(life.look(both)).isEqualTo(Step.KILL_SILENT);
    assertThat(life.state()).isEqualTo(State.KILLED);
  }

  @Example
  void request_thatRunsForever_isKilled() {
    serving();
    assertThat(life.look(new Sample(now, 60 * SECOND, 0, 0, 0, true))).isEqualTo(Step.NOTHING);
    assertThat(life.look(new Sample(now, 60 * SECOND + 1, 0, 0, 0, true)))
        .isEqualTo(Step.KILL_SLOW);
  }

  @Example
  void memory_overTheLimit_drainsAndFarOverItKills() {
    serving();
    assertThat(life.look(new Sample(now, 1, 0, 1000, 0, true))).isEqualTo(Step.NOTHING);
    assertThat(life.look(new Sample(now, 1, 0, 1250, 0, true))).isEqualTo(Step.DRAIN);
    assertThat(life.look(new Sample(now, 1, 0, 1250, 0, true))).isEqualTo(Step.NOTHING);
    assertThat(life.look(new Sample(now, 1, 0, 1251, 0, true))).isEqualTo(Step.KILL_LARGE);
  }

  @Example
  void memory_farOverTheLimitWithoutWork_drains() {
    serving();
    assertThat(life.look(new Sample(now, 0, 0, 5000, 0, true))).isEqualTo(Step.DRAIN);
  }

  @Example
  void requests_asManyAsAllowed_drainAndAreReplacedAtOnce() {
    serving();
    assertThat(life.look(new Sample(now, 0, 0, 0, 99, true))).isEqualTo(Step.NOTHING);
    assertThat(life.look(new Sample(now, 0, 0, 0, 100, true))).isEqualTo(Step.DRAIN);
    life.died(now);
    assertThat(life.look(quiet())).isEqualTo(Step.START);
  }

  @Example
  void place_notWanted_isDrainedThenRetired() {
    serving();
    Sample unwanted = new Sample(now, 0, 0, 0, 0, false);
    assertThat(life.look(unwanted)).isEqualTo(Step.DRAIN);
    life.died(now);
    assertThat(life.look(unwanted)).isEqualTo(Step.RETIRE);
    life.retired();
    assertThat(life.look(quiet())).isEqualTo(Step.NOTHING);
  }

  @Example
  void place_notWantedWhileItStarts_startsFirst() {
    life.look(quiet());
    life.started(now);
    Sample unwanted = new Sample(now, 0, 0, 0, 0, false);
    assertThat(life.look(unwanted)).isEqualTo(Step.NOTHING);
    life.ready(now);
    assertThat(life.look(unwanted)).isEqualTo(Step.DRAIN);
  }

  @Example
  void deaths_inARow_waitTwiceAsLongEachUpToTheMost() {
    for (long wait : List.of(100L, 200L, 400L, 800L, 1600L, 3200L, 6400L, 12800L, 25600L, 30000L)) {
      assertWaits(wait * MILLI);
    }
    assertWaits(30 * SECOND);
    life.ready(now);
    life.answered();
    assertWaits(100 * MILLI);
  }

  /** From now on, dead: starts after so long and not before. */
  private void assertWaits(long nanos) {
    life.died(now);
    now += nanos - 1;
    assertThat(life.look(quiet())).isEqualTo(Step.NOTHING);
    now += 1;
    assertThat(life.look(quiet())).isEqualTo(Step.START);
    life.started(now);
  }

  /** One thing that may happen. */
  private record Happening(String what, long nanos, long amount) {}

  @Provide
  Arbitrary<List<Happening>> happenings() {
    Arbitrary<String> what =
        Arbitraries.of("look", "slow", "silent", "large", "served", "unwanted", "died", "answered");
    return Combinators.combine(
            what, Arbitraries.longs().between(0, 40 * SECOND), Arbitraries.longs().between(0, 2000))
        .as(Happening::new)
        .list()
        .ofMaxSize(60);
  }

  /** Whatever happens: one process at a time, no start before its time, kills only of processes. */
  @Property(tries = 500)
  void steps_neverContradictTheStates(@ForAll("happenings") List<Happening> all) {
    life = new Life(SETTINGS);
    boolean process = false;
    long earliest = 0;
    for (Happening next : all) {
      now += next.nanos();
      if (next.what().equals("died")) {
        if (process) {
          life.died(now);
          earliest = now;
        }
        process = false;
      } else if (next.what().equals("answered")) {
        life.answered();
      } else {
        State before = life.state();
        Step step = life.look(sample(next));
        assertFits(step, before, process);
        if (step == Step.START) {
          assertThat(now).isGreaterThanOrEqualTo(earliest);
          life.started(now);
          process = true;
        }
        if (process && next.amount() % 2 == 0) {
          life.ready(now);
        }
      }
    }
  }

  private Sample sample(Happening next) {
    return switch (next.what()) {
      case "slow" -> new Sample(now, next.nanos() * 3, 0, 0, 0, true);
      case "silent" -> new Sample(now, 1, next.nanos(), 0, 0, true);
      case "large" -> new Sample(now, next.amount() % 2, 0, next.amount(), 0, true);
      case "served" -> new Sample(now, 0, 0, 0, next.amount(), true);
      case "unwanted" -> new Sample(now, 0, 0, 0, 0, false);
      default -> quiet();
    };
  }

  private static void assertFits(Step step, State before, boolean process) {
    switch (step) {
      case START, RETIRE -> {
        assertThat(process).isFalse();
        assertThat(before).isEqualTo(State.BACKOFF);
      }
      case DRAIN -> assertThat(before).isEqualTo(State.SERVING);
      case KILL_UNREADY -> assertThat(before).isEqualTo(State.STARTING);
      case KILL_SILENT, KILL_SLOW, KILL_LARGE ->
          assertThat(before).isIn(State.SERVING, State.DRAINING);
      case NOTHING -> assertThat(process || before == State.BACKOFF).isTrue();
    }
  }
}
