package io.mpsparallel.work;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where requests are put by those who hand them in, with no lock, until somebody who has the lock
 * of the {@link BoundedSource} moves them on, in the order in which they came; and the count of all
 * that wait, here or further on. Any thread, unless it says otherwise.
 *
 * <p>It is a stack whose top also says how many were accepted so far, and whether it is closed. So
 * a single exchange of the top accepts a request, counts it, and is either before the end or after
 * it: nothing is accepted that nobody would find, and a request that counts can be taken at once.
 *
 * @param <W> what waits
 */
final class Inbox<W> {
  /** What becomes of a request. */
  enum Answer {
    ACCEPTED,
    FULL,
    CLOSED
  }

  private static final class Node<W> {
    private final boolean closed;
    private @Nullable W waiting; // null once it was moved
    private @Nullable Node<W> before; // null once it was moved
    private long accepted; // up to this one

    Node(@Nullable W waiting, boolean closed) {
      this.waiting = waiting;
      this.closed = closed;
    }

    /** Before it is the top. */
    void putOn(Node<W> top) {
      before = top;
      accepted = top.accepted + (waiting == null ? 0 : 1);
    }
  }

  private final int capacity;
  private final AtomicReference<Node<W>> top; // never null
  private volatile Node<W> moved; // up to this one; written under the lock
  private volatile long gone; // of those that were accepted; written under the lock

  /**
   * Nothing waits.
   *
   * @param capacity how many may wait, here or further on
   */
  Inbox(int capacity) {
    this.capacity = capacity;
    Node<W> bottom = new Node<>(null, false);
    top = new AtomicReference<>(bottom);
    moved = bottom;
  }

  private Node<W> top() {
    return requireNonNull(top.get());
  }

  /** Accepts what is new, if there is room. Without the lock, {@code FULL} may come too early. */
  Answer offer(W waiting) {
    Node<W> fresh = new Node<>(waiting, false);
    while (true) {
      long known = gone; // before the top is read: never too many are accepted
      Node<W> last = top();
      if (last.closed) {
        return Answer.CLOSED;
      }
      if (last.accepted - known >= capacity) {
        return Answer.FULL;
      }
      fresh.putOn(last);
      if (top.compareAndSet(last, fresh)) {
        return Answer.ACCEPTED;
      }
      Thread.onSpinWait();
    }
  }

  /** Accepts nothing any more. */
  void close() {
    Node<W> end = new Node<>(null, true);
    Node<W> last;
    do {
      last = top();
      end.putOn(last);
    } while (!top.compareAndSet(last, end));
  }

  boolean isClosed() {
    return top().closed;
  }

  /** {@return how many wait, here or further on} */
  int size() {
    while (true) {
      Node<W> last = top();
      long waiting = last.accepted - gone;
      if (last == top()) {
        return (int) waiting; // both counts at the same moment
      }
    }
  }

  /** {@return whether something is here that was not moved on} */
  boolean hasArrivals() {
    return top() != moved;
  }

  /** Moves on all that is here, the oldest first. Under the lock. */
  void moveTo(Consumer<? super W> place) {
    Node<W> last = top();
    if (last == moved) {
      return;
    }
    Node<W> next = turned(last);
    while (next != null) {
      W arrival = next.waiting;
      Node<W> newer = next.before;
      next.waiting = null;
      next.before = null;
      if (arrival != null) {
        place.accept(arrival);
      }
      next = newer;
    }
    moved = last; // at the end: who sees this sees them in their place
  }

  /** Turns the stack from its top to what was moved already; returns the oldest of these. */
  private @Nullable Node<W> turned(Node<W> last) {
    Node<W> newer = null;
    Node<W> node = last;
    while (node != null && node != moved) {
      Node<W> older = node.before;
      node.before = newer;
      newer = node;
      node = older;
    }
    return newer;
  }

  /** Counts what does not wait any more; if negative, what waits again. Under the lock. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock, read by anyone
  void leave(int items) {
    gone += items;
  }
}
