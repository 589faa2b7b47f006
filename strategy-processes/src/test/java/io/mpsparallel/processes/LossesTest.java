package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of requests, and of places, when workers die. */
class LossesTest extends ProcessesFixture {
  @Test
  void submitted_killedFromOutside_isTriedAgain() {
    open(workers(2));
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(2);
    launcher.awaitExecuting().kill();
    launcher.awaitExecuting();
    launcher.release();
    assertThat(answer(future)).isEqualTo(4);
    awaitServing(2);
    assertThat(executor.stats().replaced()).isEqualTo(1);
  }

  @Test
  void submitted_killedTooOften_isLost() {
    open(workers(2));
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(2);
    for (int i = 0; i <= 5; i++) {
      assertThat(future).isNotDone();
      launcher.awaitExecuting().kill();
    }
    assertThat(failure(future))
        .hasMessageStartingWith("WORKER_LOST: ")
        .hasMessageContaining("died of SIGKILL");
    launcher.release();
    assertServes();
  }

  @Test
  void submitted_crashesTwoWorkers_isQuarantinedAndOthersAreServed() {
    launcher.makeDeadly(13);
    open(workers(2));
    List<CompletableFuture<InferenceResult>> others = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      others.add(submit(i));
    }
    CompletableFuture<InferenceResult> deadly = submit(13);
    for (int i = 5; i < 10; i++) {
      others.add(submit(i));
    }
    assertThat(failure(deadly))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("died of SIGSEGV")
        .hasMessageContaining("last words");
    for (int i = 0; i < 10; i++) {
      assertThat(answer(others.get(i))).isEqualTo(i * i);
    }
    assertThat(executor.stats().replaced()).isEqualTo(2);
  }

  @Test
  void inferred_crashesTwoWorkers_isQuarantinedAndNotMore() {
    launcher.makeDeadly(13);
    open(workers(2));
    assertFails(infer(13), ErrorCode.REQUEST_QUARANTINED);
    awaitServing(2);
    assertThat(executor.stats().replaced()).isEqualTo(2);
    assertServes();
  }

  @Test
  void inferred_killedFromOutside_isAnswered() {
    open(workers(1));
    launcher.hold();
    CompletableFuture<Float> future = infer(3);
    launcher.awaitExecuting().kill();
    launcher.awaitExecuting();
    launcher.release();
    assertThat(future.join()).isEqualTo(9);
  }

  @Test
  void inferred_failsWithItsFrameInHand_leavesNoAnswerToTheNext() {
    open(workers(1));
    for (int i = 0; i < 3; i++) {
      launcher.living().get(0).stumbleWith(new StackOverflowError("scripted"));
      CompletableFuture<Float> overflowed = infer(5);
      assertThatThrownBy(overflowed::join).hasCauseInstanceOf(StackOverflowError.class);
      assertServes();
      awaitServing(1);
    }
  }

  @Test
  void inferredByAContinuation_failsWithItsFrameInHand_leavesNoAnswerToTheNext() {
    open(workers(1));
    launcher.hold();
    FakeWorker worker = launcher.living().get(0);
    CompletableFuture<Float> nested =
        submit(2)
            .thenApply(
                result -> {
                  worker.stumbleWith(new StackOverflowError("scripted"));
                  return take(result) + take(model.infer(floats(5)));
                });
    CompletableFuture<InferenceResult> next = submit(3);
    launcher.awaitExecuting();
    launcher.release();
    assertThatThrownBy(nested::join).hasCauseInstanceOf(StackOverflowError.class);
    assertThat(answer(next)).isEqualTo(9);
    assertThat(worker.isAlive()).isFalse();
    assertServes();
  }

  @Test
  void answer_toAnotherFrame_isNoAnswer() {
    open(workers(1));
    launcher.living().get(0).misnumber();
    assertThat(infer(3).join()).isEqualTo(9);
    awaitServing(1);
    launcher.living().get(0).misnumber();
    assertThat(answer(submit(4))).isEqualTo(16);
    assertThat(executor.stats().replaced()).isEqualTo(2);
  }

  /** Six deaths without an answer in between would be long waits if they were failed starts. */
  @Test
  void quarantines_inARow_neitherSlowStartsDownNorStopThem() {
    launcher.makeDeadly(13);
    open(workers(1));
    for (int i = 0; i < 10; i++) {
      assertFails(submit(13), ErrorCode.REQUEST_QUARANTINED);
    }
    FakeLauncher.await(() -> executor.stats().replaced() == 20);
    assertServes();
  }

  @Test
  void forwards_behindTheOneThatRan_areNotToBlame() {
    open(workers(1).withLanes(LaneSettings.DEFAULTS.withDepth(2)));
    launcher.hold();
    CompletableFuture<InferenceResult> first = submit(2);
    launcher.awaitExecuting();
    CompletableFuture<InferenceResult> second = submit(3);
    for (int i = 0; i < 2; i++) {
      launcher.awaitExecuting().die("SIGSEGV");
    }
    assertFails(first, ErrorCode.REQUEST_QUARANTINED);
    launcher.release();
    assertThat(answer(second)).isEqualTo(9);
  }

  /** Stops the undertaker while it has what waits out of the queue, and looks whether it lives. */
  private static final class Wake implements Ticker {
    private final CountDownLatch looks = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    @Override
    public long nanos() {
      if (Thread.currentThread().getName().equals("mps-parallel-undertaker") && isAskedByErrand()) {
        looks.countDown();
        await(go);
      }
      return System.nanoTime();
    }

    private static boolean isAskedByErrand() {
      return StackWalker.getInstance()
          .walk(frames -> frames.anyMatch(f -> f.getClassName().equals(Errand.class.getName())));
    }

    static void await(CountDownLatch latch) {
      try {
        assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void workerComes_whileTheUndertakerHasItsRequest_runsItAfterwards() {
    Wake wake = new Wake();
    open(workers(1), wake);
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(3);
    FakeWorker first = launcher.awaitExecuting();
    launcher.withNext(worker -> Wake.await(wake.looks));
    first.die("SIGKILL");
    launcher.release();
    awaitServing(1); // it has found nothing, and is idle
    assertThat(future).isNotDone();
    wake.go.countDown();
    assertThat(answer(future)).isEqualTo(9);
  }

  /** Nothing shows that it ran when its workers died. */
  @Test
  void submitted_killsWorkersThatDoNotSayIt_isLostInTheEnd() {
    launcher.makeStealthy(13);
    open(workers(2));
    CompletableFuture<InferenceResult> deadly = submit(13).orTimeout(30, TimeUnit.SECONDS);
    FakeLauncher.await(deadly::isDone);
    assertFails(deadly, ErrorCode.WORKER_LOST);
    FakeLauncher.await(() -> executor.stats().replaced() == 3 * (5 + 2) + 1);
    assertServes();
  }

  /** The device says so at the end of another forward: those are not to blame in the end. */
  @Test
  void submitted_breaksTheDeviceUnderOthers_isFoundAndNobodyElseFails() {
    launcher.makePoisonous(13);
    open(workers(1).withLanes(LaneSettings.DEFAULTS.withDepth(4)));
    launcher.hold();
    List<CompletableFuture<InferenceResult>> others = new ArrayList<>();
    others.add(submit(1));
    FakeWorker first = launcher.awaitExecuting();
    others.add(submit(2));
    CompletableFuture<InferenceResult> culprit = submit(13);
    others.add(submit(3));
    first.kill();
    FakeWorker second = launcher.awaitExecuting();
    FakeLauncher.await(() -> second.framesInHand() == 4);
    launcher.release();
    assertThat(failure(culprit))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("its engine is unusable: DEVICE_FAILED: device-side assert");
    for (int i = 0; i < 3; i++) {
      assertThat(answer(others.get(i))).isEqualTo((i + 1) * (i + 1));
    }
    awaitServing(1);
    assertThat(executor.stats().replaced()).isEqualTo(4);
    assertServes();
  }

  @Test
  void inferred_breaksTheDevice_isQuarantinedAndOthersAreServed() {
    launcher.makePoisonous(13);
    open(workers(2));
    CompletableFuture<Float> culprit = infer(13);
    for (int i = 0; i < 20; i++) {
      assertThat(infer(i % 10).join()).isEqualTo(i % 10 * (i % 10));
    }
    assertThat(failure(culprit))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("DEVICE_FAILED: device-side assert");
    awaitServing(2);
    assertThat(executor.stats().replaced()).isEqualTo(2);
  }

  @Test
  void requests_behindACulprit_areServedEachTime() {
    launcher.makePoisonous(13);
    open(workers(2).withLanes(LaneSettings.DEFAULTS.withDepth(4)));
    List<CompletableFuture<InferenceResult>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(submit(i % 20 == 10 ? 13 : i % 10));
    }
    for (int i = 0; i < 100; i++) {
      if (i % 20 == 10) {
        assertFails(all.get(i), ErrorCode.REQUEST_QUARANTINED);
      } else {
        assertThat(answer(all.get(i))).isEqualTo(i % 10 * (i % 10));
      }
    }
    assertThat(executor.stats().replaced()).isBetween(10L, 15L);
  }

  /** After a crash of native code as well, whoever was in hand runs alone. */
  @Test
  void submitted_crashesUnderOthers_leavesThemUnblamed() {
    launcher.makeDeadly(13);
    open(workers(1).withLanes(LaneSettings.DEFAULTS.withDepth(2)));
    launcher.hold();
    CompletableFuture<InferenceResult> culprit = submit(13);
    FakeWorker first = launcher.awaitExecuting();
    CompletableFuture<InferenceResult> other = submit(3);
    first.kill();
    FakeWorker second = launcher.awaitExecuting();
    FakeLauncher.await(() -> second.framesInHand() == 2);
    second.die("SIGSEGV");
    FakeWorker third = launcher.awaitExecuting();
    FakeLauncher.await(() -> third.awaited() != 0);
    assertThat(third.framesInHand()).isEqualTo(1);
    launcher.release();
    assertFails(culprit, ErrorCode.REQUEST_QUARANTINED);
    assertThat(answer(other)).isEqualTo(9);
  }

  @Test
  void exit_byItself_countsAgainstTheRequest() {
    open(workers(2));
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(2);
    launcher.awaitExecuting().die(null);
    launcher.awaitExecuting().die(null);
    assertThat(failure(future))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("exited with status 3");
  }

  @Test
  void failure_whileADeathIsSeenTo_losesNeitherTheRequestNorThePlace() {
    open(workers(1));
    for (boolean direct : new boolean[] {true, false}) {
      launcher.hold();
      CompletableFuture<Float> future = direct ? infer(3) : submit(3).thenApply(LossesTest::take);
      FakeWorker worker = launcher.awaitExecuting();
      worker.stick();
      worker.kill();
      launcher.awaitExecuting();
      launcher.release();
      assertThat(future.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(9);
      awaitServing(1);
    }
  }

  @Test
  void idle_dies_isReplaced() {
    open(workers(2));
    launcher.living().get(0).kill();
    launcher.living().get(0).kill();
    awaitServing(2);
    assertThat(executor.stats().replaced()).isEqualTo(2);
    assertServes();
  }

  @Test
  void order_ofThoseThatWait_isKeptBehindTheOneTriedAgain() {
    open(workers(1));
    launcher.hold();
    List<Float> order = new ArrayList<>();
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (float value : new float[] {1, 2, 3}) {
      all.add(submit(value).thenAccept(result -> order.add(take(result))));
    }
    launcher.awaitExecuting().kill();
    launcher.awaitExecuting();
    launcher.release();
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    assertThat(order).containsExactly(1f, 4f, 9f);
  }

  private static float take(InferenceResult result) {
    try (result) {
      return result.tensor().toFloatArray()[0];
    }
  }

  @Test
  void deadline_whileNoWorkerLives_isKept() {
    open(workers(1));
    launcher.refuse(true);
    launcher.living().forEach(FakeWorker::kill);
    CompletableFuture<InferenceResult> late =
        model.submit(InferenceRequest.of(floats(1)).withDeadline(Duration.ofMillis(50)));
    CompletableFuture<InferenceResult> patient = submit(2);
    assertFails(late, ErrorCode.DEADLINE_EXCEEDED);
    assertThat(patient).isNotDone();
    launcher.refuse(false);
    assertThat(answer(patient)).isEqualTo(4);
  }

  @Test
  void deadline_ofARequestWhoseWorkerDied_isKept() {
    open(workers(1));
    launcher.hold();
    CompletableFuture<InferenceResult> late =
        model.submit(InferenceRequest.of(floats(1)).withDeadline(Duration.ofMillis(50)));
    FakeWorker worker = launcher.awaitExecuting();
    launcher.refuse(true);
    worker.kill();
    assertFails(late, ErrorCode.DEADLINE_EXCEEDED);
    launcher.release();
    launcher.refuse(false);
    assertServes();
  }

  @Test
  void cancelled_afterItsWorkerDied_isDropped() {
    open(workers(1));
    launcher.hold();
    CompletableFuture<InferenceResult> future = submit(2);
    FakeWorker worker = launcher.awaitExecuting();
    launcher.refuse(true);
    worker.kill();
    FakeLauncher.await(() -> executor.stats().queued() == 1);
    future.cancel(false);
    FakeLauncher.await(() -> executor.stats().queued() == 0);
    launcher.release();
    launcher.refuse(false);
    assertServes();
  }
}
