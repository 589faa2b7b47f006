package io.mpsparallel.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many hand in, take, cancel and close at once: every request comes to one end, in its turn. */
@Timeout(60)
class WorkQueueStressTest {
  private static final int ROUNDS = 150;
  private static final int CLIENTS = 4;
  private static final int TAKERS = 2;
  private static final int EACH = 60;
  private static final int CAPACITY = 8;
  private static final Duration LONG = Duration.ofSeconds(50);
  private static final InferenceException TOO_LATE =
      new InferenceException(ErrorCode.CLOSED, "too late");

  /** How a queue ends. */
  enum End {
    WHEN_ALL_WERE_HANDED_IN,
    AMONG_OFFERS,
    AMONG_OFFERS_WITH_A_FAILURE;

    boolean isEarly() {
      return this != WHEN_ALL_WERE_HANDED_IN;
    }

    @Nullable InferenceException failure() {
      return this == AMONG_OFFERS_WITH_A_FAILURE ? TOO_LATE : null;
    }
  }

  @ParameterizedTest
  @EnumSource
  void requests_manyThreads_comeToOneEnd(End end) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (int round = 0; round < ROUNDS; round++) {
        new Round(end, round).run(threads);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** One queue from its beginning to its end. */
  private static final class Round {
    private final End end;
    private final int closeAfter;
    private final WorkQueue queue = new WorkQueue(CAPACITY, Ticker.SYSTEM);
    private final AtomicBoolean retired = new AtomicBoolean();
    private final ModelVersion version = new ModelVersion(Map.of(), () -> retired.set(true));
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger taken = new AtomicInteger();
    private final ConcurrentLinkedQueue<WorkItem> left = new ConcurrentLinkedQueue<>();
    private final CyclicBarrier start = new CyclicBarrier(CLIENTS + TAKERS);

    Round(End end, int number) {
      this.end = end;
      closeAfter = number % (CLIENTS * EACH);
    }

    void run(ExecutorService threads) throws Exception {
      List<Future<?>> clients = new ArrayList<>();
      List<Future<?>> takers = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        clients.add(threads.submit(begun(() -> handIn(client))));
      }
      for (int i = 0; i < TAKERS; i++) {
        takers.add(threads.submit(begun(this::take)));
      }
      await(clients);
      queue.close(end.failure());
      await(takers);
      assertThat(queue.size()).as("what waits in the end").isZero();
      assertThat(left).as("accepted, but not taken").allMatch(WorkItem::isDone);
      assertThat(taken.get() + left.size()).as("taken or left").isEqualTo(accepted.get());
      version.release();
      assertThat(retired).as("all are finished").isTrue();
    }

    private Callable<Void> begun(Callable<Void> call) {
      return () -> {
        start.await();
        return call.call();
      };
    }

    private static void await(List<Future<?>> calls) throws Exception {
      for (Future<?> call : calls) {
        call.get(50, TimeUnit.SECONDS);
      }
    }

    /** Every third request waits for room; every seventh is cancelled. */
    private Void handIn(int client) {
      for (int number = 0; number < EACH; number++) {
        WorkItem item =
            new WorkItem(version, NamedTensors.of(), true, Priority.NORMAL, WorkItem.NO_DEADLINE);
        item.name(String.valueOf(client * EACH + number));
        try {
          queue.offer(item, number % 3 == 0 ? LONG : Duration.ZERO);
          note(item, number % 7 == 0);
        } catch (InferenceException e) {
          assertThat(e.code())
              .isIn(
                  end.isEarly()
                      ? List.of(ErrorCode.OVERLOADED, ErrorCode.CLOSED)
                      : List.of(ErrorCode.OVERLOADED));
          assertThat(item.isDone()).as("refused, and finished").isFalse();
          item.drop();
        }
      }
      return null;
    }

    private void note(WorkItem item, boolean cancelled) {
      left.add(item);
      if (cancelled) {
        item.cancel(false);
      }
      if (accepted.incrementAndGet() == closeAfter && end.isEarly()) {
        queue.close(end.failure());
      }
      assertThat(queue.size()).isBetween(0, CAPACITY);
    }

    private Void take() throws InterruptedException {
      int[] next = new int[CLIENTS];
      for (WorkItem item = queue.take(LONG); item != null; item = queue.take(LONG)) {
        assertThat(queue.size()).isBetween(0, CAPACITY);
        int id = Integer.parseInt(String.valueOf(item.id()));
        int client = id / EACH;
        int number = id % EACH;
        assertThat(number).as("the next of client " + client).isGreaterThanOrEqualTo(next[client]);
        next[client] = number + 1;
        taken.incrementAndGet();
        item.drop();
        awaitNoted(item);
      }
      return null;
    }

    /** Each accepted request is in the list once; one that is taken twice is not found again. */
    @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than cores
    private void awaitNoted(WorkItem item) {
      while (!left.remove(item)) {
        Thread.yield();
      }
    }
  }
}
