package io.mpsparallel.cli;

import static io.mpsparallel.cli.BenchSamples.cell;
import static io.mpsparallel.cli.BenchSamples.failing;
import static io.mpsparallel.cli.BenchSamples.open;
import static io.mpsparallel.cli.BenchSamples.results;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the figures of a comparison lead to. */
final class BenchAdviceTest {
  private static BenchAdvice of(BenchCell... cells) {
    return new BenchAdvice(results(cells));
  }

  @Test
  void best_asGoodAsTheFastest_isTheSimpler() {
    BenchAdvice advice = new BenchAdvice(BenchSamples.two());
    assertThat(advice.best(1).strategy()).isEqualTo("threads");
    assertThat(advice.best(64).strategy()).isEqualTo("batching");
  }

  @Test
  void recommended_losesLeastOverAllLoads() {
    BenchAdvice advice = new BenchAdvice(BenchSamples.two());
    assertThat(advice.recommended()).isEqualTo("batching");
    assertThat(advice.shareOfBest("batching")).isEqualTo(1);
    assertThat(advice.hocon()).isEqualTo("mps-parallel.strategy = batching");
    assertThat(advice.lines())
        .containsExactly(
            "With 1 caller, threads: 1,000 requests a second, half of them within 1,000 us.",
            "With 64 callers, batching: 9,000 requests a second, half of them within 111 us.",
            "Over all loads, batching: it does 1.00 of the fastest of each.");
  }

  @Test
  void failures_comeAfterAllThatHadNone_howeverFast() {
    BenchAdvice advice =
        of(
            cell("threads", 1, 1000),
            cell("batching", 1, 1000),
            cell("threads", 64, 2000),
            failing("batching", 64, 9000, 3, 40));
    assertThat(advice.best(64).strategy()).isEqualTo("threads");
    assertThat(advice.recommended()).isEqualTo("threads");
    assertThat(advice.shareOfBest("threads")).isEqualTo(1);
    assertThat(advice.lines())
        .last()
        .isEqualTo(
            "With 64 callers, batching had requests without an answer, which puts it behind all"
                + " that had none: 3 failed, 40 were rejected.");
  }

  @Test
  void failures_everywhere_leaveTheOneWithTheFewest() {
    BenchAdvice advice = of(failing("threads", 8, 1000, 0, 1), failing("batching", 8, 9000, 30, 0));
    assertThat(advice.best(8).strategy()).isEqualTo("threads");
    assertThat(advice.lines())
        .contains("No strategy was without failures: what is named here had the fewest.");
  }

  @Test
  void openLoop_isRankedByP99_amongThoseThatKeptUp() {
    BenchAdvice advice =
        of(
            open("threads", 1000, 900, 0, 0),
            open("batching", 951, 500, 0.04, 0),
            open("adaptive", 949, 100, 0, 0),
            open("processes", 1000, 100, 0.06, 0),
            open("single", 1000, 50, 0, 1));
    assertThat(advice.recommended()).isEqualTo("batching");
    assertThat(advice.lines())
        .containsExactly(
            "At 1,000 requests a second, batching: 99 of 100 requests were answered within 500 us,"
                + " half of them within 125 us; the quickest of those that kept up, or as good.",
            "At 1,000 requests a second, single had requests without an answer, which puts it"
                + " behind all that had none: 0 failed, 1 were rejected.",
            "At 1,000 requests a second, adaptive did not keep up: 0 % of the requests had no"
                + " answer yet when the last had been sent, and 949 a second were answered in the"
                + " end.",
            "At 1,000 requests a second, processes did not keep up: 6 % of the requests had no"
                + " answer yet when the last had been sent, and 1,000 a second were answered in the"
                + " end.");
  }

  @Test
  void openLoop_asQuick_isTheSimpler() {
    assertThat(
            of(open("batching", 1000, 500, 0, 0), open("threads", 1000, 520, 0, 0)).recommended())
        .isEqualTo("threads");
  }

  @Test
  void openLoop_nobodyKeptUp_isSaid() {
    BenchAdvice advice =
        of(open("threads", 1000, 90_000, 0.4, 0), open("batching", 1000, 40_000, 0.2, 0));
    assertThat(advice.recommended()).isEqualTo("batching");
    assertThat(advice.lines().get(0)).contains("none without failures kept up");
  }
}
