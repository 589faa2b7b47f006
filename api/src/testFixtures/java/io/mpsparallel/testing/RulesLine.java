package io.mpsparallel.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What is known about one stream index through all its leases. Any thread. */
final class RulesLine {
  final int index;
  private final List<RulesEvent> underWay = new ArrayList<>(); // guarded by this
  private final Map<RulesLine, Long> waitedFor = new HashMap<>(); // guarded by this
  private final AtomicLong seen = new AtomicLong();
  private long runs; // guarded by this
  private @Nullable Thread user; // guarded by this
  private int depth; // guarded by this

  RulesLine(int index) {
    this.index = index;
  }

  /** Who else is inside, after this thread went in; null if nobody. */
  synchronized @Nullable Thread entered() {
    Thread me = Thread.currentThread();
    Thread other = user != null && user != me ? user : null;
    user = me;
    depth++;
    return other;
  }

  synchronized void left() {
    depth--;
    if (depth == 0) {
      user = null;
    }
  }

  synchronized boolean isUsedByMe() {
    return user == Thread.currentThread();
  }

  synchronized long nextRun() {
    return ++runs;
  }

  synchronized long lastRun() {
    return runs;
  }

  synchronized void started(RulesEvent event) {
    forgetDone();
    underWay.add(event);
  }

  private void forgetDone() {
    for (Iterator<RulesEvent> it = underWay.iterator(); it.hasNext(); ) {
      RulesEvent event = it.next();
      if (event.isOver()) {
        it.remove();
        event.forget();
      }
    }
  }

  /** Work that the device has not done. */
  synchronized List<RulesEvent> underWay() {
    forgetDone();
    return List.copyOf(underWay);
  }

  synchronized void forgetAll() {
    underWay.forEach(RulesEvent::forget);
    underWay.clear();
  }

  /** The host saw that everything up to a run was done. */
  void seen(long run) {
    seen.accumulateAndGet(run, Math::max);
  }

  synchronized void waitsFor(RulesLine other, long run) {
    waitedFor.merge(other, run, Math::max);
  }

  synchronized boolean mayRead(RulesLine producer, long run) {
    return producer == this
        || producer.seen.get() >= run
        || waitedFor.getOrDefault(producer, 0L) >= run;
  }
}
