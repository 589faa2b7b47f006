package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings.Limits;
import io.mpsparallel.settings.ProcessSettings.Restart;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Starts, limits, and numbers of workers. */
class SupervisionTest extends ProcessesFixture {
  private static final long LOOKS_APART_NANOS = 1_000_000_000;

  @Test
  void worker_stopped_isKilledAndItsRequestTriedAgain() {
    open(limits(1, new Limits(NEVER, SOON, 0, 0)));
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(2);
    FakeWorker stopped = launcher.awaitExecuting();
    stopped.stop();
    FakeLauncher.await(() -> !stopped.isAlive());
    launcher.release();
    assertThat(answer(future)).isEqualTo(4);
  }

  /** Neither a forward nor anything that it says of itself shows that somebody waits for it. */
  @Test
  void worker_stoppedWhileIdle_isKilledWhenItIsAskedToUnload() {
    open(limits(1, new Limits(NEVER, SOON, 0, 0)));
    LoadedModel other = executor.load(ModelSource.of(Path.of("other.fake")));
    FakeWorker stopped = launcher.living().get(0);
    FakeLauncher.await(() -> executor.stats().busy() == 0 && stopped.models().size() == 2);
    awaitDozing(stopped);
    stopped.stop();
    other.close();
    CompletableFuture<InferenceResult> future = submit(2);
    assertThat(answer(future)).isEqualTo(4);
    assertThat(stopped.isAlive()).isFalse();
  }

  @Test
  void worker_stoppedWhileIdle_isKilledWhenItIsAskedToEnd() {
    open(limits(2, new Limits(NEVER, SOON, 0, 0)));
    List<FakeWorker> both = launcher.living();
    both.forEach(FakeWorker::stop);
    strategy.apply(plan(1));
    FakeLauncher.await(() -> launcher.living().size() == 1);
    launcher.living().forEach(FakeWorker::kill);
    awaitServing(1);
    assertServes();
  }

  @Test
  void answer_ofWhichNobodyIsTold_isThereWhenTheWorkerWasKilled() {
    open(limits(1, new Limits(SOON, NEVER, 0, 0)));
    FakeWorker mute = launcher.living().get(0);
    mute.mute();
    assertThat(infer(3).orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(9);
    assertThat(mute.isAlive()).isFalse();
  }

  /** Until the supervisor has not looked at a worker for a while: it sleeps without an end. */
  private static void awaitDozing(FakeWorker worker) {
    AtomicInteger seen = new AtomicInteger();
    AtomicLong since = new AtomicLong();
    FakeLauncher.await(
        () -> {
          int looks = worker.looks();
          if (seen.getAndSet(looks) != looks) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > LOOKS_APART_NANOS;
        });
  }

  @Test
  void forward_thatNeverReturns_isQuarantinedWhenTwoWorkersWereKilled() {
    open(limits(2, new Limits(SOON, NEVER, 0, 0)));
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(2);
    assertThat(failure(future))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("processes.limits.request");
    launcher.release();
    assertServes();
  }

  @Test
  void memory_overTheLimit_isReplacedAfterItsWork() {
    open(limits(1, new Limits(NEVER, NEVER, 1000, 0)));
    FakeWorker large = launcher.living().get(0);
    large.resident = 1001;
    assertServes();
    FakeLauncher.await(() -> !large.isAlive());
    awaitServing(1);
    assertThat(executor.stats().replaced()).as("it was asked to end").isZero();
    assertServes();
  }

  @Test
  void memory_farOverTheLimitWhileItRuns_isKilled() {
    open(limits(1, new Limits(NEVER, NEVER, 1000, 0)));
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(2);
    for (int i = 0; i < 2; i++) {
      FakeWorker large = launcher.awaitExecuting();
      large.resident = 2000;
      FakeLauncher.await(() -> !large.isAlive());
    }
    assertThat(failure(future)).hasMessageContaining("processes.limits.memory");
  }

  @Test
  void requests_asManyAsAllowed_replaceTheWorker() {
    open(limits(1, new Limits(NEVER, NEVER, 0, 10)));
    FakeWorker first = launcher.living().get(0);
    for (int i = 0; i < 10; i++) {
      assertThat(answer(submit(i))).isEqualTo(i * i);
    }
    FakeLauncher.await(() -> !first.isAlive());
    awaitServing(1);
    assertServes();
    assertThat(executor.stats().served()).isEqualTo(12);
  }

  @Test
  void starts_thatDieUnready_areFewOnceThereWereThree() {
    ExecutorSettings settings = workers(2);
    Restart slow = new Restart(Duration.ofMillis(1), NEVER, 5);
    open(settings.withProcesses(settings.processes().withRestart(slow)));
    for (int i = 0; i < 20; i++) {
      launcher.withNext(worker -> worker.dieOf(FrameKind.LOAD));
    }
    int before = launcher.starts.get();
    FakeWorker watched = launcher.living().get(1);
    launcher.living().get(0).kill();
    FakeLauncher.await(() -> launcher.starts.get() >= before + 3);
    int looks = watched.looks();
    FakeLauncher.await(() -> watched.looks() >= looks + 10); // backoffs of 8 ms would be over
    assertThat(launcher.starts.get()).as("the breaker is open").isEqualTo(before + 3);
    assertServes();
  }

  @Test
  void starts_thatDieUnready_areTriedOneAtATimeUntilOneIsReady() {
    open(workers(3));
    for (int i = 0; i < 5; i++) {
      launcher.withNext(worker -> worker.dieOf(FrameKind.LOAD));
    }
    launcher.living().forEach(FakeWorker::kill);
    CompletableFuture<InferenceResult> patient = submit(3);
    assertThat(answer(patient)).isEqualTo(9);
    awaitServing(3);
  }

  @Test
  void engine_thatCannotBeOpened_isToldToWhoeverBuilds() {
    launcher.withNext(
        worker -> worker.failWith(new InferenceException(ErrorCode.NATIVE_UNAVAILABLE, "none")));
    assertThatThrownBy(() -> open(workers(1)))
        .isInstanceOf(InferenceException.class)
        .hasMessageStartingWith("NATIVE_UNAVAILABLE: none");
  }

  @Test
  void launcher_thatCannotStart_isToldToWhoeverBuilds() {
    launcher.refuse(true);
    assertThatThrownBy(() -> open(workers(1)))
        .isInstanceOf(InferenceException.class)
        .hasMessageStartingWith("WORKER_START_FAILED: ");
  }

  @Test
  void model_thatCrashesWhileItLoads_isRefusedAndOthersGoOn() {
    open(workers(1));
    launcher.living().get(0).dieOf(FrameKind.LOAD);
    launcher.withNext(worker -> worker.dieOf(FrameKind.LOAD));
    FakeWorker first = launcher.living().get(0);
    model.close();
    assertThatThrownBy(() -> executor.load(ModelSource.of(Path.of("other.fake"))))
        .hasMessageStartingWith("NATIVE_FAILURE: two workers died of this")
        .hasMessageContaining("SIGSEGV");
    assertThat(first.isAlive()).isFalse();
    model = executor.load(ModelSource.of(Path.of("any.fake")));
    assertServes();
  }

  /** The second model's file is another one by now. */
  @Test
  void model_thatCannotBeLoadedAnyMore_failsAloneUntilItCan() {
    open(workers(1));
    LoadedModel other = executor.load(ModelSource.of(Path.of("other.fake")));
    launcher.withNext(worker -> worker.refuse(2));
    launcher.living().get(0).kill();
    assertThat(failure(other.submit(floats(3))).code()).isEqualTo(ErrorCode.MODEL_INVALID);
    assertServes();
    awaitServing(1);
    assertThatThrownBy(() -> other.infer(floats(3))).hasMessageContaining("it was changed");
    assertThat(executor.stats().replaced()).isEqualTo(1);
    launcher.living().get(0).refuse(0);
    executor.load(ModelSource.of(Path.of("third.fake")));
    assertThat(answer(other.submit(floats(3)))).isEqualTo(9);
  }

  @Test
  void models_areLoadedInEveryWorkerAndInThoseToCome() {
    open(workers(2));
    var other = executor.load(ModelSource.of(Path.of("other.fake")));
    FakeLauncher.await(() -> launcher.living().stream().allMatch(w -> w.models().size() == 2));
    launcher.living().get(0).kill();
    awaitServing(2);
    FakeLauncher.await(() -> launcher.living().stream().allMatch(w -> w.models().size() == 2));
    other.close();
    FakeLauncher.await(() -> launcher.living().stream().allMatch(w -> w.models().size() == 1));
    assertServes();
  }

  @Test
  void warmUp_runsInEveryWorkerAndInThoseToCome() {
    open(workers(2));
    WarmUp shapes = WarmUp.of(List.of(Map.of("x", new long[] {2}), Map.of("x", new long[] {4})));
    var warm = executor.load(ModelSource.of(Path.of("warm.fake")).warmingUp(shapes));
    warm.whenReady().orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join();
    assertThat(executor.stats().served()).isEqualTo(2 * 2 * 3);
    launcher.living().get(0).kill();
    FakeLauncher.await(() -> executor.stats().served() == 3 * 2 * 3);
  }

  @Test
  void warmUp_thatCrashesWorkers_isGivenUp() {
    open(workers(1));
    launcher.makeDeadly(0);
    WarmUp shapes = WarmUp.of(List.of(Map.of("x", new long[] {2})));
    var warm = executor.load(ModelSource.of(Path.of("warm.fake")).warmingUp(shapes));
    assertFails(warm.whenReady(), ErrorCode.REQUEST_QUARANTINED);
    assertServes();
  }

  @Test
  void resize_upAndDown_hasAsManyWorkers() {
    open(workers(1));
    for (int workers : List.of(4, 2, 8, 1)) {
      strategy.apply(plan(workers));
      awaitServing(workers);
      assertThat(executor.stats().lanes()).isEqualTo(workers);
      assertServes();
    }
  }

  private static Plan plan(int workers) {
    return new Plan(
        Plan.Route.DIRECT, Plan.Over.PROCESSES, workers, 1, 1, 1, Duration.ZERO, "test");
  }

  @Test
  void close_whileAForwardNeverReturns_failsItAndWhatWaits() {
    ExecutorSettings settings = workers(1);
    open(
        settings.withBackendSettings(
            settings.backendSettings().withTimeouts(NEVER, Duration.ofMillis(100))));
    launcher.hold();
    CompletableFuture<InferenceResult> held = submit(1);
    launcher.awaitExecuting();
    CompletableFuture<InferenceResult> waiting = submit(2);
    executor.close();
    assertFails(held, ErrorCode.CLOSED);
    assertFails(waiting, ErrorCode.CLOSED);
  }

  @Test
  void archive_isMadeOnceWhenAllServe() {
    open(workers(2));
    FakeLauncher.await(() -> launcher.archives.get() > 0);
    launcher.living().get(0).kill();
    awaitServing(2);
    assertThat(launcher.archives).hasValue(1);
  }
}
