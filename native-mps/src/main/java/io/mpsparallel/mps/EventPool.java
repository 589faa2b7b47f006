package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Event;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native events of a device, used again and again. Any thread. One that is given back before
 * the device passed it waits on a list until it did.
 *
 * @param <E> what the device calls an event
 */
final class EventPool<E> {
  private static final Logger LOG = LoggerFactory.getLogger(EventPool.class);
  private static final int SWEEP = 16; // pending events looked at by one acquire

  private final EventDriver<E> driver;
  private final EncodeGate gate;
  private final ConcurrentLinkedDeque<E> plain = new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedDeque<E> timed = new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedQueue<Pending<E>> pending = new ConcurrentLinkedQueue<>();
  private final Set<PooledEvent<E>> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger created = new AtomicInteger();
  private final AtomicInteger inUse = new AtomicInteger();
  private volatile boolean closed;

  /** A native event that was given back before the device passed it. */
  private record Pending<E>(E event, boolean timed) {}

  /** A pool; nobody may wait for its events while holding {@code gate}. */
  EventPool(EventDriver<E> driver, EncodeGate gate) {
    this.driver = requireNonNull(driver, "driver");
    this.gate = requireNonNull(gate, "gate");
  }

  /** An event that nothing was recorded on, which the caller closes. */
  PooledEvent<E> acquire(boolean isTimed) {
    checkOpen();
    E event = free(isTimed).pollFirst();
    if (event == null && !pending.isEmpty()) {
      reclaim(SWEEP);
      event = free(isTimed).pollFirst();
    }
    if (event == null) {
      event = requireNonNull(driver.create(isTimed), "event");
      created.incrementAndGet();
    }
    inUse.incrementAndGet();
    PooledEvent<E> pooled = new PooledEvent<>(this, event, isTimed);
    open.add(pooled);
    if (closed) {
      pooled.close();
      checkOpen();
    }
    return pooled;
  }

  /** An event as one of this pool; {@code MISUSE} if it is not. */
  @SuppressWarnings("unchecked") // this pool makes no others
  PooledEvent<E> own(Event event) {
    if (event instanceof PooledEvent<?> pooled && pooled.isOf(this)) {
      return (PooledEvent<E>) pooled;
    }
    throw new InferenceException(
        ErrorCode.MISUSE, "event of another device or backend: " + event.getClass().getName());
  }

  /** How many native events were created in all. */
  int created() {
    return created.get();
  }

  /** How many events are open. */
  int inUse() {
    return inUse.get();
  }

  /** How many native events wait for the device to pass them. */
  int pending() {
    return pending.size();
  }

  /**
   * Closes every open event and destroys all native ones, to be called when the device is idle; one
   * that somebody is asking about is destroyed after that. Idempotent.
   */
  void close() {
    closed = true;
    FirstFailure failure = new FirstFailure();
    open.forEach(event -> failure.run(event::close));
    failure.run(this::destroyCached);
    failure.rethrow();
  }

  EventDriver<E> driver() {
    return driver;
  }

  EncodeGate gate() {
    return gate;
  }

  /** An open event was closed. */
  void forget(PooledEvent<E> event) {
    open.remove(event);
    inUse.decrementAndGet();
  }

  /** A native event comes back; nobody asks about it any more. */
  void giveBack(E event, boolean isTimed, boolean passed) {
    if (passed || isPassed(event)) {
      free(isTimed).addFirst(event);
    } else {
      pending.add(new Pending<>(event, isTimed));
    }
    if (closed) {
      destroyCached();
    }
  }

  private void reclaim(int most) {
    for (int i = 0; i < most; i++) {
      Pending<E> next = pending.poll();
      if (next == null) {
        return;
      }
      giveBack(next.event, next.timed, false);
    }
  }

  /** Whether the device has passed an event; one that it has lost with an error counts as well. */
  private boolean isPassed(E event) {
    try {
      return driver.query(event);
    } catch (RuntimeException e) {
      LOG.debug("an event that was given back cannot be asked about", e);
      return true;
    }
  }

  private void destroyCached() {
    FirstFailure failure = new FirstFailure();
    for (E e = plain.poll(); e != null; e = plain.poll()) {
      destroy(e, failure);
    }
    for (E e = timed.poll(); e != null; e = timed.poll()) {
      destroy(e, failure);
    }
    for (Pending<E> p = pending.poll(); p != null; p = pending.poll()) {
      destroy(p.event, failure);
    }
    failure.rethrow();
  }

  private void destroy(E event, FirstFailure failure) {
    failure.run(() -> driver.destroy(event));
  }

  private ConcurrentLinkedDeque<E> free(boolean isTimed) {
    return isTimed ? timed : plain;
  }

  private void checkOpen() {
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, "event: its backend was closed");
    }
  }
}
