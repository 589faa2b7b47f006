package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class OpenLoopTest extends LoadFixture {
  private static final Duration TENTH = Duration.ofMillis(100);

  /** Waits by moving the clock. */
  private final Pacer.Wait jump =
      nanos -> ticker.advance(Duration.ofNanos(Math.max(0, nanos - ticker.nanos())));

  private final List<Long> intended = new ArrayList<>();

  @Test
  void fixedSchedule_happensAtEvenTimes() {
    long start = ticker.nanos();

    long happened =
        new Pacer(ticker, jump)
            .run(Schedule.fixed(3000), TENTH, (number, nanos) -> intended.add(nanos - start));

    assertThat(happened).isEqualTo(300);
    assertThat(intended).hasSize(300).startsWith(0L, 333_333L, 666_667L, 1_000_000L);
    assertThat(intended.get(299)).isEqualTo(99_666_667L); // roundings do not add up
  }

  @Test
  void slowArrivals_keepTheTimesOfTheSchedule() {
    long start = ticker.nanos();

    new Pacer(ticker, jump)
        .run(
            Schedule.fixed(1000),
            Duration.ofMillis(5),
            (number, nanos) -> {
              intended.add(nanos - start);
              ticker.advance(Duration.ofMillis(4));
            });

    assertThat(intended).containsExactly(0L, 1_000_000L, 2_000_000L, 3_000_000L, 4_000_000L);
    assertThat(ticker.nanos() - start).isEqualTo(20_000_000L);
  }

  @Test
  void poissonSchedule_hasItsRateAndIsTheSameAgain() {
    Schedule one = Schedule.poisson(1000, 7);
    Schedule other = Schedule.poisson(1000, 7);

    double[] gaps = DoubleStream.generate(one::gapNanos).limit(20_000).toArray();

    assertThat(gaps).startsWith(other.gapNanos(), other.gapNanos());
    assertThat(DoubleStream.of(gaps).average().orElseThrow()).isCloseTo(1e6, within(3e4));
    assertThat(DoubleStream.of(gaps).filter(gap -> gap > 1e6).count() / 20_000.0)
        .isCloseTo(Math.exp(-1), within(0.02));
  }

  @Test
  void caller_slowerThanTheSchedule_isLaterAndLater() {
    Measured measured =
        PacedCaller.run(
            number -> ticker.advance(Duration.ofMillis(3)),
            Schedule.fixed(1000),
            Duration.ofMillis(4),
            jump,
            ticker);

    assertThat(measured.answers()).isEqualTo(4);
    assertThat(measured.micros(100)).isCloseTo(3000, within(10.0));
    assertThat(Measured.micros(measured.fromIntended(), 0)).isCloseTo(3000, within(10.0));
    assertThat(Measured.micros(measured.fromIntended(), 100)).isCloseTo(9000, within(10.0));
  }

  @Test
  void requests_withinTheRoom_areAllAnswered() {
    Job job = Job.of(model("square"), input);

    OpenLoop.Outcome outcome = new OpenLoop(job, ticker).run(Schedule.fixed(5000), TENTH, jump);

    assertThat(outcome.offered()).isEqualTo(500);
    assertThat(outcome.answered()).isEqualTo(500);
    assertThat(outcome.fromSubmit().getTotalCount()).isEqualTo(500);
    assertThat(outcome.isComplete()).isTrue();
  }

  @Test
  void requests_beyondTheRoom_areCountedAsRejected() {
    LoadedModel model =
        model("square", ExecutorSettings.DEFAULTS.withQueue(4, Duration.ofSeconds(1)));
    fake.turnstile().shut();
    Job job = Job.of(model, this::openAtTheLast, Job.Check.NONE);

    OpenLoop.Outcome outcome =
        new OpenLoop(job, Ticker.SYSTEM).run(Schedule.fixed(1000), TENTH, jump);

    assertThat(outcome.offered()).isEqualTo(100);
    assertThat(outcome.answered()).isBetween(4L, 6L); // the lane has one, perhaps not yet
    assertThat(outcome.rejected()).isEqualTo(100 - outcome.answered());
    assertThat(outcome.failed()).isZero();
    assertThat(outcome.isComplete()).isTrue();
  }

  private Tensor openAtTheLast(long request) {
    if (request == 99) {
      fake.turnstile().open();
    }
    return input;
  }

  @Test
  void failures_areNeitherAnswersNorRejections() {
    Job job = Job.of(model("raising"), input);

    OpenLoop.Outcome outcome = new OpenLoop(job, ticker).run(Schedule.fixed(100), TENTH, jump);

    assertThat(outcome.failed()).isEqualTo(10);
    assertThat(outcome.isComplete()).isFalse();
  }
}
