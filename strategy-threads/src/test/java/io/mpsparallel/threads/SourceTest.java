package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
import io.mpsparallel.work.WorkSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes that get their work from a source of somebody else's. */
class SourceTest {
  /** Jobs in order, none of them before a moment. */
  private static final class Jobs implements WorkSource {
    final Queue<Job> waiting = new ConcurrentLinkedQueue<>();
    volatile long notBefore = System.nanoTime();

    @Override
    public int size() {
      return waiting.size();
    }

    @Override
    public Job poll() {
      return restNanos() > 0 ? null : waiting.poll();
    }

    @Override
    public long restNanos() {
      return waiting.isEmpty() ? UNTIL_MORE : Math.max(0, notBefore - System.nanoTime());
    }
  }

  /** Several values, each a forward of its own; a negative one cannot be filled in. */
  private static final class Apart implements Job {
    final ModelVersion version;
    final List<Tensor> inputs = new ArrayList<>();
    final List<CompletableFuture<Float>> answers = new ArrayList<>();

    Apart(ModelVersion version, float... values) {
      this.version = version;
      for (float value : values) {
        inputs.add(ThreadsFixture.value(value));
        answers.add(new CompletableFuture<>());
      }
    }

    @Override
    public ModelVersion version() {
      return version;
    }

    @Override
    public int forwards() {
      return inputs.size();
    }

    @Override
    public void fill(int forward, Slot slot) {
      if (inputs.get(forward).toFloatArray()[0] < 0) {
        throw new InferenceException(ErrorCode.INVALID_INPUT, "scripted");
      }
      slot.bind(NamedTensors.of(inputs.get(forward)));
    }

    @Override
    public void succeed(int forward, NamedTensors outputs, Served served) {
      answers.get(forward).complete(outputs.get(0).toFloatArray()[0]);
      outputs.close();
    }

    @Override
    public void fail(int forward, InferenceException failure) {
      answers.get(forward).completeExceptionally(failure);
    }

    @Override
    public void fail(InferenceException failure) {
      answers.forEach(answer -> answer.completeExceptionally(failure));
    }
  }

  private final Jobs jobs = new Jobs();
  private FakeBackend fake;
  private ParallelismStrategy strategy;
  private ModelVersion version;

  private void open(FakeBackendBuilder parts) {
    fake = parts.model("plus", SourceTest::plus).build();
    Device device = fake.devices().get(0);
    strategy =
        new ThreadsProvider()
            .create(
                new StrategyContext(
                    fake,
                    List.of(device),
                    ThreadsContract.lanes(2, 1),
                    Ticker.SYSTEM,
                    List.of(),
                    null,
                    jobs,
                    new SharedTraffic()));
    strategy.start();
    Model model = fake.load(FakeModels.source("plus"), device);
    version = new ModelVersion(Map.of(device, model), model::close);
  }

  private static NamedTensors plus(NamedTensors inputs) {
    float value = inputs.get(0).toFloatArray()[0];
    if (value > 99) {
      throw new InferenceException(ErrorCode.MODEL_FAILED, "too large: " + value);
    }
    return NamedTensors.of(ThreadsFixture.value(value + 1));
  }

  private WorkItem item(float value) {
    NamedTensors inputs = NamedTensors.of(ThreadsFixture.value(value));
    return new WorkItem(version, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
  }

  @AfterEach
  void close() {
    strategy.drain(Duration.ofSeconds(30));
    strategy.close();
    version.release();
    fake.counts().assertNothingOpen();
    fake.close();
  }

  @Test
  void source_hasRequests_lanesRunThem() {
    open(FakeBackend.builder());
    List<WorkItem> items = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      items.add(item(i));
      jobs.waiting.add(items.get(i));
      strategy.workAdded();
    }
    for (int i = 0; i < 50; i++) {
      assertThat(ThreadsFixture.answer(items.get(i))).isEqualTo(i + 1);
    }
    assertThat(strategy.stats().served()).isEqualTo(50);
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000, 100_000, 5_000_000})
  void source_saysLater_isAskedAgainThenByItself(long nanos) {
    open(FakeBackend.builder());
    for (int i = 0; i < 20; i++) {
      WorkItem item = item(i);
      jobs.notBefore = System.nanoTime() + nanos;
      jobs.waiting.add(item);
      strategy.workAdded();
      assertThat(ThreadsFixture.answer(item)).isEqualTo(i + 1);
      assertThat(System.nanoTime()).isGreaterThanOrEqualTo(jobs.notBefore);
    }
  }

  @Test
  void accept_besideASource_isRefused() {
    open(FakeBackend.builder());
    WorkItem item = item(1);
    assertThatThrownBy(() -> strategy.accept(item, Duration.ZERO)).hasMessageContaining("CLOSED");
    item.drop();
  }

  @Test
  void job_ofSeveralForwards_isOneRunAndEachIsTold() {
    open(FakeBackend.builder().apple());
    Apart job = new Apart(version, 1, 100, 3);
    jobs.waiting.add(job);
    strategy.workAdded();
    assertThat(ThreadsFixture.await(job.answers.get(0))).isEqualTo(2);
    assertThat(ThreadsFixture.await(job.answers.get(2))).isEqualTo(4);
    assertThatThrownBy(() -> ThreadsFixture.await(job.answers.get(1)))
        .hasMessageContaining("too large");
    assertThat(fake.counts().total(Kind.RUNS)).isEqualTo(1);
    assertThat(fake.counts().forwards()).isEqualTo(3);
  }

  @Test
  void job_thatCannotBeFilledIn_failsAndRunsNothing() {
    open(FakeBackend.builder());
    Apart job = new Apart(version, 1, -1, 3);
    jobs.waiting.add(job);
    strategy.workAdded();
    job.answers.forEach(
        answer ->
            assertThatThrownBy(() -> ThreadsFixture.await(answer))
                .hasMessageContaining("scripted"));
    assertThat(fake.counts().forwards()).isZero();
  }

  @Test
  void drain_sourceHasRequests_waitsForThem() {
    open(FakeBackend.builder());
    List<CompletableFuture<InferenceResult>> items = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      WorkItem item = item(i);
      items.add(item);
      jobs.waiting.add(item);
    }
    strategy.workAdded();
    assertThat(strategy.drain(Duration.ofSeconds(30))).isTrue();
    assertThat(items).allMatch(CompletableFuture::isDone);
    items.forEach(item -> item.join().close());
  }
}
