package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Event;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class EventPoolTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private static void nothing() {}

  /** A native event that a test signals. */
  private static final class Native {
    final boolean timed;
    final AtomicBoolean signalled = new AtomicBoolean();
    final AtomicBoolean destroyed = new AtomicBoolean();

    Native(boolean timed) {
      this.timed = timed;
    }
  }

  /** Fails when an event is asked about after it was destroyed. */
  private static final class Driver implements EventDriver<Native> {
    final Set<Native> destroyed = ConcurrentHashMap.newKeySet();
    final AtomicInteger queries = new AtomicInteger();
    volatile boolean failing;

    @Override
    public Native create(boolean timed) {
      return new Native(timed);
    }

    @Override
    public void destroy(Native event) {
      assertThat(event.destroyed.getAndSet(true)).as("destroyed before").isFalse();
      destroyed.add(event);
    }

    @Override
    public boolean query(Native event) {
      queries.incrementAndGet();
      assertThat(event.destroyed).as("asked about after it was destroyed").isFalse();
      if (failing) {
        throw new InferenceException(ErrorCode.DEVICE_FAILED, "lost");
      }
      return event.signalled.get();
    }

    @Override
    public Duration elapsed(Native from, Native to) {
      return Duration.ofMillis(5);
    }
  }

  private final Driver driver = new Driver();
  private final EncodeGate gate = new EncodeGate("fake", 1, 1);
  private final EventPool<Native> pool = new EventPool<>(driver, gate);

  private PooledEvent<Native> recorded(boolean timed, boolean signalled) {
    PooledEvent<Native> event = pool.acquire(timed);
    event.nativeEvent().signalled.set(signalled);
    event.markRecorded(EventPoolTest::nothing);
    return event;
  }

  @Test
  void isDone_notRecorded_isFalse() {
    PooledEvent<Native> event = pool.acquire(false);
    assertThat(event.isRecorded()).isFalse();
    assertThat(event.isDone()).isFalse();
    assertThat(driver.queries).hasValue(0);
  }

  @Test
  void isDone_recorded_followsTheDevice() {
    PooledEvent<Native> event = recorded(false, false);
    assertThat(event.isDone()).isFalse();
    event.nativeEvent().signalled.set(true);
    assertThat(event.isDone()).isTrue();
    int queries = driver.queries.get();
    assertThat(event.isDone()).isTrue();
    assertThat(driver.queries).hasValue(queries);
  }

  @Test
  void markRecorded_again_forgetsTheFormerMark() {
    PooledEvent<Native> event = recorded(false, true);
    assertThat(event.isDone()).isTrue();
    event.nativeEvent().signalled.set(false);
    event.markRecorded(EventPoolTest::nothing);
    assertThat(event.isDone()).isFalse();
  }

  @Test
  void isDone_commitPending_commitsOnceBeforeTheFirstQuery() throws Exception {
    AtomicInteger commits = new AtomicInteger();
    PooledEvent<Native> event = pool.acquire(false);
    event.markRecorded(
        () -> {
          commits.incrementAndGet();
          event.nativeEvent().signalled.set(true);
        });
    assertThat(commits).hasValue(0);
    assertThat(event.isDone()).isTrue();
    Crowd.run(8, n -> event.isDone());
    event.await(LONG);
    assertThat(commits).hasValue(1);
  }

  @Test
  void isDone_whileAnotherThreadCommits_doesNotTakeTheFormerSignalForThisOne() throws Exception {
    PooledEvent<Native> event = pool.acquire(false);
    event.nativeEvent().signalled.set(true); // of the last time it was used
    CountDownLatch commits = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    event.markRecorded(
        () -> {
          commits.countDown();
          Crowd.until(() -> goOn.getCount() == 0);
          event.nativeEvent().signalled.set(false);
        });
    Thread first = new Thread(event::isDone);
    AtomicReference<Boolean> answer = new AtomicReference<>();
    Thread second = new Thread(() -> answer.set(event.isDone()));
    first.start();
    commits.await();
    second.start();
    Crowd.until(() -> second.getState() == Thread.State.BLOCKED || !second.isAlive());
    goOn.countDown();
    first.join();
    second.join();
    assertThat(answer).hasValue(false);
  }

  @Test
  void isDone_commitFails_isTriedAgain() {
    AtomicInteger commits = new AtomicInteger();
    PooledEvent<Native> event = pool.acquire(false);
    event.markRecorded(
        () -> {
          if (commits.incrementAndGet() == 1) {
            throw new InferenceException(ErrorCode.DEVICE_FAILED, "no");
          }
        });
    assertFails(ErrorCode.DEVICE_FAILED, event::isDone);
    assertThat(event.isDone()).isFalse();
    assertThat(commits).hasValue(2);
  }

  @Test
  void await_notRecorded_isMisuse() {
    assertFails(ErrorCode.MISUSE, () -> pool.acquire(false).await(LONG)).contains("record it");
  }

  @Test
  void await_signalledLater_returns() throws Exception {
    PooledEvent<Native> event = recorded(false, false);
    Thread waiter = new Thread(() -> event.await(LONG));
    waiter.start();
    Crowd.until(() -> driver.queries.get() > 60); // beyond spinning
    event.nativeEvent().signalled.set(true);
    waiter.join();
    assertThat(event.isDone()).isTrue();
  }

  @Test
  void await_neverSignalled_timesOutWithAdvice() {
    PooledEvent<Native> event = recorded(false, false);
    assertFails(ErrorCode.DEVICE_TIMEOUT, () -> event.await(Duration.ofMillis(7)))
        .contains("7 ms", "GPU may hang");
    assertFails(ErrorCode.DEVICE_TIMEOUT, () -> event.await(Duration.ZERO));
  }

  @Test
  void await_interrupted_isCancelledWithFlag() throws Exception {
    PooledEvent<Native> event = recorded(false, false);
    AtomicReference<ErrorCode> code = new AtomicReference<>();
    AtomicBoolean flag = new AtomicBoolean();
    Thread waiter =
        new Thread(
            () -> {
              try {
                event.await(LONG);
              } catch (InferenceException e) {
                code.set(e.code());
                flag.set(Thread.currentThread().isInterrupted());
              }
            });
    waiter.start();
    waiter.interrupt();
    waiter.join();
    assertThat(code).hasValue(ErrorCode.CANCELLED);
    assertThat(flag).isTrue();
  }

  @Test
  void await_insideTheGate_isMisuse() {
    PooledEvent<Native> event = recorded(false, true);
    gate.enter(0);
    try {
      assertFails(ErrorCode.MISUSE, () -> event.await(LONG)).contains("encode gate of fake");
      assertThat(event.isDone()).isTrue();
    } finally {
      gate.exit(0);
    }
    assertThatCode(() -> event.await(LONG)).doesNotThrowAnyException();
  }

  @Test
  void await_deviceFailed_passesTheErrorOn() {
    PooledEvent<Native> event = recorded(false, false);
    driver.failing = true;
    assertFails(ErrorCode.DEVICE_FAILED, event::isDone);
    assertFails(ErrorCode.DEVICE_FAILED, () -> event.await(LONG));
  }

  @Test
  void elapsedSince_rulesBroken_areErrors() {
    PooledEvent<Native> plain = recorded(false, true);
    PooledEvent<Native> timed = recorded(true, true);
    PooledEvent<Native> fresh = pool.acquire(true);
    PooledEvent<Native> pending = recorded(true, false);
    assertThat(timed.elapsedSince(recorded(true, true))).isEqualTo(Duration.ofMillis(5));
    assertFails(ErrorCode.MISUSE, () -> timed.elapsedSince(plain)).contains("earlier", "not timed");
    assertFails(ErrorCode.MISUSE, () -> plain.elapsedSince(timed)).contains("later", "not timed");
    assertFails(ErrorCode.MISUSE, () -> timed.elapsedSince(fresh)).contains("nothing was recorded");
    assertFails(ErrorCode.MISUSE, () -> fresh.elapsedSince(timed)).contains("nothing was recorded");
    assertFails(ErrorCode.NOT_READY, () -> timed.elapsedSince(pending));
    assertFails(ErrorCode.NOT_READY, () -> pending.elapsedSince(timed));
    pending.close();
    assertFails(ErrorCode.CLOSED, () -> timed.elapsedSince(pending));
    assertFails(ErrorCode.CLOSED, () -> pending.elapsedSince(timed));
  }

  @Test
  void own_foreignEvent_isMisuse() {
    EventPool<Native> other = new EventPool<>(driver, gate);
    PooledEvent<Native> mine = recorded(true, true);
    assertThat(pool.own(mine)).isSameAs(mine);
    assertFails(ErrorCode.MISUSE, () -> mine.elapsedSince(other.acquire(true)));
    Event unknown =
        new Event() {
          @Override
          public boolean isDone() {
            return true;
          }

          @Override
          public void await(Duration timeout) {}

          @Override
          public Duration elapsedSince(Event earlier) {
            return Duration.ZERO;
          }

          @Override
          public void close() {}
        };
    assertFails(ErrorCode.MISUSE, () -> mine.elapsedSince(unknown)).contains("another device");
  }

  @Test
  void close_anyUseAfter_isClosed() {
    PooledEvent<Native> event = recorded(true, true);
    event.close();
    event.close();
    assertFails(ErrorCode.CLOSED, event::isDone);
    assertFails(ErrorCode.CLOSED, () -> event.await(LONG));
    assertFails(ErrorCode.CLOSED, event::nativeEvent);
    assertFails(ErrorCode.CLOSED, () -> event.markRecorded(EventPoolTest::nothing));
    assertFails(ErrorCode.CLOSED, () -> event.elapsedSince(event));
    assertThat(pool.inUse()).isZero();
  }

  @Test
  void acquire_afterClose_reusesTheSameKind() {
    PooledEvent<Native> plain = recorded(false, true);
    Native first = plain.nativeEvent();
    plain.close();
    assertThat(pool.acquire(true).nativeEvent()).isNotSameAs(first);
    assertThat(pool.acquire(false).nativeEvent()).isSameAs(first);
    assertThat(pool.created()).isEqualTo(2);
    assertThat(pool.inUse()).isEqualTo(2);
  }

  @Test
  void acquire_reusedEvent_startsNotRecorded() {
    recorded(false, true).close();
    PooledEvent<Native> again = pool.acquire(false);
    assertThat(again.isDone()).isFalse();
    assertFails(ErrorCode.MISUSE, () -> again.await(LONG));
  }

  @Test
  void close_notDone_isReusedOnlyWhenDone() {
    PooledEvent<Native> event = recorded(false, false);
    Native first = event.nativeEvent();
    event.close();
    assertThat(pool.pending()).isEqualTo(1);
    PooledEvent<Native> other = pool.acquire(false);
    assertThat(other.nativeEvent()).isNotSameAs(first);
    first.signalled.set(true);
    assertThat(pool.acquire(false).nativeEvent()).isSameAs(first);
    assertThat(pool.pending()).isZero();
    assertThat(pool.created()).isEqualTo(2);
  }

  @Test
  void close_whileSomebodyWaits_keepsTheNativeEventUntilThen() throws Exception {
    PooledEvent<Native> event = recorded(false, false);
    Native first = event.nativeEvent();
    Thread waiter = new Thread(() -> event.await(LONG));
    waiter.start();
    Crowd.until(() -> driver.queries.get() > 60);
    event.close();
    assertThat(pool.pending()).isZero();
    assertThat(pool.acquire(false).nativeEvent()).isNotSameAs(first);
    first.signalled.set(true);
    waiter.join();
    assertThat(pool.acquire(false).nativeEvent()).isSameAs(first);
  }

  @Test
  void poolClose_openCachedAndPending_areAllDestroyedOnce() {
    PooledEvent<Native> open = recorded(false, true);
    List<PooledEvent<Native>> events = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      events.add(recorded(i % 2 == 0, i % 3 == 0));
    }
    events.forEach(PooledEvent::close);
    assertThat(pool.created()).isEqualTo(11);

    pool.close();
    pool.close();
    open.close();

    assertThat(driver.destroyed).hasSize(11);
    assertThat(pool.inUse()).isZero();
    assertFails(ErrorCode.CLOSED, open::isDone);
    assertFails(ErrorCode.CLOSED, () -> pool.acquire(false));
  }

  @Test
  void poolClose_destroyFails_othersAreDestroyed() {
    AtomicInteger destroyed = new AtomicInteger();
    EventDriver<Native> broken =
        new EventDriver<>() {
          @Override
          public Native create(boolean timed) {
            return new Native(timed);
          }

          @Override
          public void destroy(Native event) {
            destroyed.incrementAndGet();
            throw new IllegalStateException("stuck");
          }

          @Override
          public boolean query(Native event) {
            return true;
          }

          @Override
          public Duration elapsed(Native from, Native to) {
            return Duration.ZERO;
          }
        };
    EventPool<Native> bad = new EventPool<>(broken, EncodeGate.unlimited());
    List<PooledEvent<Native>> events = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      events.add(bad.acquire(i == 0));
    }
    events.get(0).close();
    assertThatThrownBy(bad::close).hasMessage("stuck");
    assertThat(destroyed).hasValue(3);
  }

  @Test
  void events_sixteenThreadsChurning_areNeverShared() throws Exception {
    Set<Native> held = ConcurrentHashMap.newKeySet();
    CountDownLatch clashes = new CountDownLatch(1);
    List<Integer> done =
        Crowd.run(
            16,
            n -> {
              for (int i = 0; i < 500; i++) {
                PooledEvent<Native> event = pool.acquire(i % 2 == 0);
                Native mine = event.nativeEvent();
                if (!held.add(mine) || mine.timed != (i % 2 == 0)) {
                  clashes.countDown();
                }
                mine.signalled.set(i % 5 != 0);
                event.markRecorded(EventPoolTest::nothing);
                event.isDone();
                held.remove(mine);
                event.close();
                mine.signalled.set(true);
              }
              return n;
            });
    assertThat(done).hasSize(16);
    assertThat(clashes.getCount()).isEqualTo(1);
    assertThat(pool.inUse()).isZero();
    pool.close();
    assertThat(driver.destroyed).hasSize(pool.created());
  }
}
