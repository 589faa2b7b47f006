package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.strategy.BatchStats.Reason;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.ManualTicker;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import io.mpsparallel.work.WorkSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When waiting requests may be taken, by a clock that the test moves. */
class BatchSourceTest {
  private static final Duration TICK = Duration.ofNanos(1);
  private static final InferenceException ANY =
      new InferenceException(ErrorCode.MODEL_FAILED, "any");

  private static final Sizes ANY_SIZE = new Sizes(List.of());

  private final ManualTicker ticker = new ManualTicker();
  private final AtomicInteger calls = new AtomicInteger();
  private final ModelVersion version = new ModelVersion(Map.of(), () -> {});
  private final BatchSource source = source(BatchingSettings.DEFAULTS);

  private BatchSource source(BatchingSettings settings) {
    return new BatchSource(
        100,
        ticker,
        BatchFormer.of(settings, ANY_SIZE, 1, true),
        ANY_SIZE,
        any -> Traits.of(Signature.UNKNOWN, true, null),
        calls::incrementAndGet);
  }

  private WorkItem item() {
    NamedTensors inputs = NamedTensors.of(Tensor.of(new float[] {1}, 1, 1));
    return new WorkItem(version, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
  }

  private static Batch poll(BatchSource from) {
    return (Batch) from.poll();
  }

  @AfterEach
  void end() {
    source.close(ANY);
  }

  @Test
  void empty_nothingToTake() {
    assertThat(source.poll()).isNull();
    assertThat(source.restNanos()).isEqualTo(WorkSource.UNTIL_MORE);
  }

  @Test
  void requests_lanesAreBusy_restUntilOneIsFree() {
    source.offer(item());
    source.offer(item());
    Batch first = poll(source);
    assertThat(first.part().requests()).hasSize(2);
    source.offer(item());
    assertThat(source.restNanos()).isZero();
    assertThat(source.poll()).isNull();
    assertThat(source.restNanos()).isEqualTo(WorkSource.UNTIL_MORE);
    calls.set(0);
    first.fail(new InferenceException(ErrorCode.LANE_LOST, "any"));
    assertThat(calls).as("lanes are told").hasValue(1);
    assertThat(source.restNanos()).isZero();
    Batch second = poll(source);
    assertThat(second.part().requests()).hasSize(1);
    second.lose(ANY);
  }

  @Test
  void requests_besideABatch_leaveWhenThereAreAsMany() {
    source.offer(item());
    source.offer(item());
    Batch first = poll(source);
    source.offer(item());
    assertThat(source.poll()).isNull();
    source.offer(item());
    Batch second = poll(source);
    assertThat(second.part().requests()).hasSize(2);
    first.lose(ANY);
    second.lose(ANY);
    assertThat(source.inFlight()).isZero();
  }

  /** A forward costs 1000, whatever its rows; requests come every moment. */
  private void learn(BatchSource patient) {
    for (int i = 0; i < 4; i++) {
      patient.offer(item());
      ticker.advance(TICK);
      if (i % 2 == 1) {
        patient.offer(item());
      }
      Batch learned = poll(patient);
      patient.succeeded(learned, 1_000);
      learned.part().fail(ANY);
    }
  }

  @Test
  void request_withADeadline_leavesInTimeToRun() {
    BatchSource patient = source(BatchingSettings.DEFAULTS.withMaxDelay(Duration.ofNanos(200)));
    learn(patient);
    NamedTensors inputs = NamedTensors.of(Tensor.of(new float[] {1}, 1, 1));
    long deadline = ticker.nanos() + 1_150;
    patient.offer(new WorkItem(version, inputs, true, Priority.NORMAL, deadline));
    assertThat(patient.poll()).isNull();
    assertThat(patient.restNanos()).isEqualTo(150);
    ticker.advance(Duration.ofNanos(150));
    Batch batch = poll(patient);
    assertThat(patient.stats().reasons()).containsEntry(Reason.DEADLINE, 1L);
    batch.lose(ANY);
  }

  @Test
  void request_moreAreExpected_waitsUntilItsDelay() {
    BatchSource patient = source(BatchingSettings.DEFAULTS.withMaxDelay(Duration.ofNanos(200)));
    learn(patient);
    WorkItem waiting = item();
    patient.offer(waiting);
    assertThat(patient.poll()).isNull();
    assertThat(patient.restNanos()).isEqualTo(200);
    ticker.advance(Duration.ofNanos(150));
    assertThat(patient.restNanos()).isEqualTo(50);
    patient.offer(item());
    assertThat(patient.restNanos()).as("it may have changed").isZero();
    assertThat(patient.poll()).isNull();
    assertThat(patient.restNanos()).isEqualTo(50);
    ticker.advance(Duration.ofNanos(50));
    Batch batch = poll(patient);
    assertThat(batch.part().requests()).hasSize(2);
    assertThat(patient.stats().reasons()).containsEntry(Reason.DELAY, 1L);
    batch.lose(ANY);

    patient.offer(item());
    assertThat(patient.poll()).isNull();
    patient.hurry();
    Batch last = poll(patient);
    assertThat(last.part().requests()).hasSize(1);
    last.lose(ANY);
  }

  @Test
  void request_noLaneLooksForAWhile_hasWaitedSinceItWasHandedIn() {
    BatchSource patient = source(BatchingSettings.DEFAULTS.withMaxDelay(Duration.ofNanos(200)));
    learn(patient);
    patient.offer(item());
    ticker.advance(Duration.ofNanos(150));
    assertThat(patient.restNanos()).as("nobody has looked").isZero();
    assertThat(patient.poll()).isNull();
    assertThat(patient.restNanos()).isEqualTo(50);
    ticker.advance(Duration.ofNanos(50));
    poll(patient).lose(ANY);
  }

  @Test
  void close_whileABatchFails_failsItsPartsAsWell() {
    WorkItem one = item();
    WorkItem two = item();
    source.offer(one);
    source.offer(two);
    Batch batch = poll(source);
    source.close(new InferenceException(ErrorCode.CLOSED, "scripted"));
    batch.fail(ANY);
    assertThatThrownBy(one::join).hasMessageContaining("CLOSED: scripted");
    assertThatThrownBy(two::join).hasMessageContaining("CLOSED: scripted");
    assertThat(source.size()).isZero();
  }

  @Test
  void close_partsWait_failsThem() {
    WorkItem one = item();
    WorkItem two = item();
    source.offer(one);
    source.offer(two);
    poll(source).fail(ANY);
    assertThat(source.size()).isEqualTo(2);
    source.close(new InferenceException(ErrorCode.CLOSED, "scripted"));
    assertThat(source.size()).isZero();
    assertThatThrownBy(one::join).hasMessageContaining("CLOSED: scripted");
    assertThatThrownBy(two::join).hasMessageContaining("CLOSED: scripted");
  }

  @Test
  void parts_halfIsCancelled_otherHalfRuns() {
    WorkItem one = item();
    WorkItem two = item();
    source.offer(one);
    source.offer(two);
    poll(source).fail(ANY);
    assertThat(one.cancel(false)).isTrue();
    Batch rest = poll(source);
    assertThat(rest.part().requests()).extracting(Waiting::item).containsExactly(two);
    assertThat(rest.part().suspect()).isFalse();
    assertThat(source.size()).isZero();
    rest.lose(ANY);
    assertThat(source.inFlight()).isZero();
  }

  @Test
  void batch_lostWhileItWasDivided_isToldOnce() {
    WorkItem one = item();
    WorkItem two = item();
    source.offer(one);
    source.offer(two);
    Batch batch = poll(source);
    batch.fail(ANY);
    batch.lose(ANY);
    batch.fail(ANY);
    assertThat(source.inFlight()).isZero();
    assertThat(source.poll()).as("both are answered").isNull();
    assertThat(source.size()).isZero();
  }
}
