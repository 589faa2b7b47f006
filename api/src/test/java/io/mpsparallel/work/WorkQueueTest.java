package io.mpsparallel.work;

import static io.mpsparallel.error.Failures.assertFails;
import static io.mpsparallel.work.Items.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkQueueTest {
  private static final Duration NOW = Duration.ZERO;
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final long NEVER = WorkItem.NO_DEADLINE;

  private final AtomicLong clock = new AtomicLong(1000);
  private final WorkQueue queue = new WorkQueue(2, clock::get);

  /** A call in a thread of its own that is parked by the time this returns. */
  private static <T> Blocked<T> blocked(Callable<T> call) {
    FutureTask<T> task = new FutureTask<>(call);
    Thread thread = new Thread(task, "blocked call");
    thread.setDaemon(true);
    thread.start();
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(task.isDone()).as("done instead of blocked").isFalse();
      Thread.onSpinWait();
    }
    return new Blocked<>(thread, task);
  }

  private record Blocked<T>(Thread thread, FutureTask<T> task) {
    T answer() throws Exception {
      return task.get(10, TimeUnit.SECONDS);
    }

    void assertRefused(ErrorCode code) {
      assertThatThrownBy(this::answer)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              InferenceException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
  }

  private Blocked<Boolean> blockedOffer(WorkItem item) {
    return blocked(
        () -> {
          try {
            queue.offer(item, LONG);
          } catch (InferenceException e) {
            assertThat(Thread.currentThread().isInterrupted())
                .isEqualTo(e.code() == ErrorCode.CANCELLED);
            throw e;
          }
          return true;
        });
  }

  private static void assertFailed(WorkItem item, ErrorCode code) {
    assertFails(
        code,
        () -> {
          try {
            item.get(0, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }

  // ---- order and bound ----

  @Test
  void take_severalWaiting_goesByPriorityThenArrival() throws Exception {
    WorkQueue wide = new WorkQueue(9, clock::get);
    List<WorkItem> items = new ArrayList<>();
    for (Priority priority :
        List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.NORMAL, Priority.HIGH)) {
      items.add(item(priority, NEVER));
      wide.offer(items.get(items.size() - 1));
    }
    for (int next : new int[] {2, 4, 1, 3, 0}) {
      assertThat(wide.take(NOW)).isSameAs(items.get(next));
    }
    assertThat(wide.take(NOW)).isNull();
  }

  @Test
  void offer_atTheBound_isRefusedAndNotFinished() throws Exception {
    WorkItem first = item();
    WorkItem third = item();
    queue.offer(first);
    queue.offer(item());
    assertFails(
        ErrorCode.OVERLOADED,
        () -> queue.offer(third),
        "2 requests wait (limit: 2)",
        "raise queue.capacity");
    assertThat(third.isDone()).isFalse();
    assertThat(queue.size()).isEqualTo(2);
    assertThat(queue.take(NOW)).isSameAs(first);
    queue.offer(third);
    assertThat(queue.size()).isEqualTo(2);
  }

  @Test
  void offer_withPatience_waitsUntilOneIsTaken() throws Exception {
    queue.offer(item());
    queue.offer(item());
    WorkItem third = item();
    Blocked<Boolean> waiting = blockedOffer(third);
    assertThat(queue.take(NOW)).isNotNull();
    assertThat(waiting.answer()).isTrue();
    assertThat(queue.take(NOW)).isNotSameAs(third);
    assertThat(queue.take(NOW)).isSameAs(third);
  }

  @Test
  void offer_patienceWithoutLimit_isUnderstood() {
    Duration forever = Duration.ofSeconds(Long.MAX_VALUE);
    queue.offer(item(), forever);
    queue.offer(item(), forever);
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED,
        () -> queue.offer(item(Priority.NORMAL, clock.get()), forever),
        "the deadline passed");
  }

  @Test
  void offer_deadlineBeforePatience_cutsTheWait() {
    queue.offer(item());
    queue.offer(item());
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED,
        () -> queue.offer(item(Priority.NORMAL, clock.get() + 1_000_000), LONG),
        "the deadline passed before");
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED,
        () -> queue.offer(item(Priority.NORMAL, clock.get() - 1)),
        "the deadline passed before");
  }

  @Test
  void offer_interruptedWhileItWaits_isCancelled() throws Exception {
    queue.offer(item());
    queue.offer(item());
    Blocked<Boolean> waiting = blockedOffer(item());
    waiting.thread().interrupt();
    waiting.assertRefused(ErrorCode.CANCELLED);
    assertThat(queue.size()).isEqualTo(2);
  }

  // ---- the dead ----

  @Test
  void offer_cancelledItemsAtTheBound_leave() throws Exception {
    WorkItem cancelled = item();
    WorkItem live = item();
    queue.offer(cancelled);
    queue.offer(live);
    cancelled.cancel(false);
    assertThat(queue.size()).isEqualTo(2);
    WorkItem next = item();
    queue.offer(next);
    assertThat(queue.take(NOW)).isSameAs(live);
    assertThat(queue.take(NOW)).isSameAs(next);
  }

  @Test
  void offer_cancelledWhileItWaits_makesRoomAtTheNextMove() throws Exception {
    WorkItem first = item();
    WorkItem second = item();
    queue.offer(first);
    queue.offer(second);
    Blocked<Boolean> waiting = blockedOffer(item());
    first.cancel(false);
    second.cancel(false);
    queue.offer(item()); // sees both, and wakes whoever waits
    assertThat(waiting.answer()).isTrue();
    assertThat(queue.size()).isEqualTo(2);
  }

  @Test
  void offer_expiredItemsAtTheBound_failAndLeave() {
    WorkItem expiring = item(Priority.HIGH, clock.get() + 5);
    queue.offer(expiring);
    queue.offer(item());
    clock.addAndGet(6);
    queue.offer(item());
    assertFailed(expiring, ErrorCode.DEADLINE_EXCEEDED);
    assertThat(queue.size()).isEqualTo(2);
  }

  @Test
  void take_expiredItem_failsBeforeItReachesADevice() throws Exception {
    WorkItem expiring = item(Priority.HIGH, clock.get() + 5);
    WorkItem live = item();
    queue.offer(expiring);
    queue.offer(live);
    clock.addAndGet(6);
    assertThat(queue.take(NOW)).isSameAs(live);
    assertFailed(expiring, ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void take_atTheDeadlineItself_isInTime() throws Exception {
    WorkItem item = item(Priority.NORMAL, clock.get() + 5);
    queue.offer(item);
    clock.addAndGet(5);
    assertThat(queue.take(NOW)).isSameAs(item);
  }

  @Test
  void take_cancelledItem_isPassedOver() throws Exception {
    WorkItem cancelled = item();
    queue.offer(cancelled);
    cancelled.cancel(false);
    assertThat(queue.take(NOW)).isNull();
    assertThat(queue.size()).isZero();
  }

  @Test
  void bury_continuationOfTheCaller_mayUseTheQueue() throws Exception {
    WorkItem expiring = item(Priority.NORMAL, clock.get());
    WorkItem retry = item();
    CompletableFuture<Void> retried =
        expiring.handle(
            (result, failure) -> {
              queue.offer(retry);
              return null;
            });
    queue.offer(expiring);
    clock.addAndGet(1);
    assertThat(queue.take(NOW)).isSameAs(retry);
    assertThat(retried).isCompleted();
  }

  // ---- waiting and the end ----

  @Test
  void take_nothingThere_waitsForAnOffer() throws Exception {
    Blocked<WorkItem> waiting = blocked(() -> queue.take(LONG));
    WorkItem item = item();
    queue.offer(item);
    assertThat(waiting.answer()).isSameAs(item);
  }

  @Test
  void take_interrupted_throws() {
    Blocked<WorkItem> waiting = blocked(() -> queue.take(LONG));
    waiting.thread().interrupt();
    assertThatThrownBy(waiting::answer).hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  void close_withoutFailure_leavesWaitingItemsToBeTaken() throws Exception {
    WorkItem item = item();
    queue.offer(item);
    queue.close(null);
    assertFails(ErrorCode.CLOSED, () -> queue.offer(item()), "the executor was closed");
    assertThat(queue.take(LONG)).isSameAs(item);
    assertThat(queue.take(LONG)).isNull(); // at once: nothing can come any more
  }

  @Test
  void close_withFailure_failsWaitingItems() throws Exception {
    WorkItem low = item(Priority.LOW, NEVER);
    WorkItem high = item(Priority.HIGH, NEVER);
    queue.offer(low);
    queue.offer(high);
    queue.close(null);
    queue.close(new InferenceException(ErrorCode.CLOSED, "too late"));
    assertFailed(low, ErrorCode.CLOSED);
    assertFailed(high, ErrorCode.CLOSED);
    assertThat(queue.size()).isZero();
    assertThat(queue.take(LONG)).isNull();
  }

  @Test
  void close_whileOthersWait_wakesThemAll() throws Exception {
    Blocked<WorkItem> taker = blocked(() -> queue.take(LONG));
    queue.close(null);
    assertThat(taker.answer()).isNull();
  }

  @Test
  void close_whileOthersWaitForRoom_refusesThem() {
    queue.offer(item());
    queue.offer(item());
    Blocked<Boolean> one = blockedOffer(item());
    Blocked<Boolean> two = blockedOffer(item());
    queue.close(null);
    one.assertRefused(ErrorCode.CLOSED);
    two.assertRefused(ErrorCode.CLOSED);
  }
}
