package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What becomes of requests whose worker died. */
class VerdictTest {
  private static final Loss CRASH = loss("SIGSEGV", false);
  private static final Loss KILL = loss("SIGKILL", true);

  private static Loss loss(String signal, boolean outside) {
    Death death = new Death(-1, signal, null, List.of("a line"));
    return new Loss("worker-1 (process 1)", "died of " + signal, outside, 1, death);
  }

  @Property
  void notExecuting_isAlwaysTriedAgain(
      @ForAll boolean outside, @ForAll int crashes, @ForAll int kills, @ForAll int retries) {
    assertThat(Verdict.of(false, outside, crashes, kills, retries)).isEqualTo(Verdict.AGAIN);
  }

  /** Of any sequence of deaths: the second crash ends it, or the kill after the last retry. */
  @Property
  void executing_endsAtTheSecondCrashOrWhenKillsAreTooMany(
      @ForAll List<Boolean> outside, @ForAll @IntRange(max = 100) int retries) {
    Blame blame = new Blame();
    int crashes = 0;
    int kills = 0;
    for (boolean next : outside) {
      crashes += next ? 0 : 1;
      kills += next ? 1 : 0;
      Verdict verdict = blame.died(next ? KILL : CRASH, retries);
      if (!next && crashes == 2) {
        assertThat(verdict).isEqualTo(Verdict.QUARANTINED);
        return;
      }
      if (next && kills > retries) {
        assertThat(verdict).isEqualTo(Verdict.LOST);
        return;
      }
      assertThat(verdict).isEqualTo(Verdict.AGAIN);
    }
  }

  @Property(tries = 1)
  void failures_sayWhatTheWorkerDiedOf() {
    assertThat(CRASH.failure(Verdict.QUARANTINED))
        .hasMessageStartingWith("REQUEST_QUARANTINED: two workers died")
        .hasMessageContaining("worker-1 (process 1) died of SIGSEGV")
        .hasMessageContaining("a line");
    assertThat(KILL.failure(Verdict.LOST)).hasMessageStartingWith("WORKER_LOST: ");
  }
}
