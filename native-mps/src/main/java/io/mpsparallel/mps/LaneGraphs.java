package io.mpsparallel.mps;

import io.mpsparallel.tensor.TensorSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recorded forwards of one stream that nobody uses at the moment, and what is known about those
 * that were not recorded yet. As many recordings of one forward come to be as are in flight at
 * once. Bounded in number: the forwards that were not asked for the longest go first. And in
 * staging memory, which each has for itself, while what they need of the device they share: a
 * forward that does not fit is not recorded before others have not been asked for in a long time,
 * so that large ones do not take each other's place for ever. Any thread, under its own monitor.
 */
final class LaneGraphs implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LaneGraphs.class);

  private static final int MOST_LENT = 8; // recordings of one forward
  private static final long MOST_BYTES = 256L << 20; // of staging memory
  private static final long STALE = 1000; // forwards of the stream since it was asked for

  private final GraphRecorder recorder;
  private final int capacity;
  private final LinkedHashMap<ForwardKey, Known> known = new LinkedHashMap<>(16, 0.75f, true);
  private int graphs; // idle or in use
  private long bytes; // of those
  private long asked; // forwards of this stream
  private boolean closed;

  /** What an output was like. */
  record Expected(String name, TensorSpec spec) {}

  /** What is known about one forward. */
  private static final class Known {
    final ArrayDeque<RecordedForward> idle = new ArrayDeque<>();
    final Set<Thread> threads = Collections.newSetFromMap(new WeakHashMap<>());
    List<Expected> outputs = List.of();
    int runs;
    int lent;
    long lastAsked;
  }

  /**
   * No recordings yet.
   *
   * @param recorder makes them
   * @param capacity the most recordings, and the most forwards that are known
   */
  LaneGraphs(GraphRecorder recorder, int capacity) {
    this.recorder = recorder;
    this.capacity = capacity;
  }

  GraphRecorder recorder() {
    return recorder;
  }

  /** A recording that nobody uses, for the caller to {@link #give} back; null if there is none. */
  synchronized @Nullable RecordedForward take(ForwardKey key) {
    asked++;
    Known about = known.get(key);
    if (about == null) {
      return null;
    }
    about.lastAsked = asked;
    return about.idle.pollLast();
  }

  /** Whether {@link #take} would find one. */
  synchronized boolean has(ForwardKey key) {
    Known about = known.get(key);
    return about != null && !about.idle.isEmpty();
  }

  /** How often a forward ran without being recorded; 0 unless this thread ran it as well. */
  synchronized int eagerRuns(ForwardKey key) {
    Known about = known.get(key);
    return about == null || !about.threads.contains(Thread.currentThread()) ? 0 : about.runs;
  }

  /** What the outputs were like when it last ran. */
  synchronized List<Expected> outputs(ForwardKey key) {
    Known about = known.get(key);
    return about == null ? List.of() : about.outputs;
  }

  /** This thread ran a forward as it is, with these outputs. */
  void ran(ForwardKey key, List<RecordedForward.Returned> outputs) {
    List<RecordedForward> surplus;
    synchronized (this) {
      if (closed) {
        return;
      }
      Known about = known.computeIfAbsent(key, k -> new Known());
      about.runs++;
      about.lastAsked = asked;
      about.outputs = outputs.stream().map(o -> new Expected(o.name(), o.spec())).toList();
      about.threads.add(Thread.currentThread());
      surplus = evicted(key);
    }
    surplus.forEach(LaneGraphs::free);
  }

  /**
   * Whether a forward that ran may be recorded as far as memory goes; frees recordings for it that
   * nobody has asked for in a long time.
   */
  boolean makesRoom(ForwardKey key) {
    List<RecordedForward> stale;
    boolean fits;
    synchronized (this) {
      long more = key.bytes();
      for (Expected output : outputs(key)) {
        more += output.spec().byteLength();
      }
      stale = bytes + more > MOST_BYTES ? stale(bytes + more - MOST_BYTES) : List.of();
      fits = bytes == 0 || bytes + more <= MOST_BYTES;
    }
    stale.forEach(LaneGraphs::free);
    return fits;
  }

  /** Removes what nobody asks for any more until so much is free; under the monitor. */
  private List<RecordedForward> stale(long wanted) {
    List<RecordedForward> stale = new ArrayList<>();
    long least = bytes - wanted;
    Iterator<Known> eldest = known.values().iterator();
    while (bytes > least && eldest.hasNext()) {
      Known next = eldest.next();
      if (asked - next.lastAsked > STALE && !next.idle.isEmpty()) {
        eldest.remove();
        stale.addAll(next.idle);
        next.idle.forEach(this::left);
      }
    }
    return stale;
  }

  /** A recording was made, and is in the caller's hands. */
  void made(RecordedForward forward) {
    List<RecordedForward> surplus;
    synchronized (this) {
      known.computeIfAbsent(forward.key(), k -> new Known()).lastAsked = asked;
      graphs++;
      bytes += forward.stagedBytes();
      surplus = evicted(forward.key());
    }
    surplus.forEach(LaneGraphs::free);
  }

  /** Whether a recording may stay away with its outputs, until {@link #giveLent}. */
  synchronized boolean lend(RecordedForward forward) {
    Known about = known.get(forward.key());
    if (closed || about == null || about.lent >= MOST_LENT) {
      return false;
    }
    about.lent++;
    return true;
  }

  /** Takes a recording back whose outputs nobody has any more. */
  void giveLent(RecordedForward forward) {
    synchronized (this) {
      Known about = known.get(forward.key());
      if (about != null && about.lent > 0) { // else it was forgotten meanwhile
        about.lent--;
      }
    }
    give(forward);
  }

  /** Takes a recording back whose launch is over. */
  void give(RecordedForward forward) {
    synchronized (this) {
      Known about = closed ? null : known.get(forward.key());
      if (about != null) {
        about.idle.addLast(forward);
        return;
      }
      left(forward);
    }
    free(forward);
  }

  /** Forgets a recording that the device may still use: it is never freed. */
  synchronized void lose(RecordedForward forward) {
    left(forward);
  }

  private void left(RecordedForward forward) {
    graphs--;
    bytes -= forward.stagedBytes();
  }

  /** Frees the recordings of a model; those in use when they come back. */
  void forget(TorchModel model) {
    forget(key -> key.model() == model);
  }

  private void forget(Predicate<ForwardKey> which) {
    List<RecordedForward> freed = new ArrayList<>();
    synchronized (this) {
      Iterator<Map.Entry<ForwardKey, Known>> all = known.entrySet().iterator();
      while (all.hasNext()) {
        Map.Entry<ForwardKey, Known> next = all.next();
        if (which.test(next.getKey())) {
          all.remove();
          freed.addAll(next.getValue().idle);
        }
      }
      freed.forEach(this::left);
    }
    freed.forEach(LaneGraphs::free);
  }

  /** How many recordings there are, those in use included. */
  synchronized int size() {
    return graphs;
  }

  /** Removes what is too much, the given forward apart; under the monitor. */
  private List<RecordedForward> evicted(ForwardKey kept) {
    List<RecordedForward> evicted = new ArrayList<>();
    Iterator<Map.Entry<ForwardKey, Known>> oldest = known.entrySet().iterator();
    while (isFull() && oldest.hasNext()) {
      Map.Entry<ForwardKey, Known> next = oldest.next();
      if (!next.getKey().equals(kept)) {
        oldest.remove();
        evicted.addAll(next.getValue().idle);
        next.getValue().idle.forEach(this::left);
      }
    }
    return evicted;
  }

  private boolean isFull() {
    return graphs > capacity || known.size() > capacity;
  }

  private static void free(RecordedForward forward) {
    try {
      forward.close();
    } catch (RuntimeException e) {
      LOG.warn("{}: a recorded forward could not be freed", forward.key().model(), e);
    }
  }

  /** Frees all; those in use when they come back. Idempotent. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    forget(key -> true);
  }
}
