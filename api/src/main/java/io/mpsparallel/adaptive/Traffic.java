package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.WorkItem;
import io.mpsparallel.work.WorkObserver;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What one choice has served of one kind of work since the last look. Any thread counts; one looks.
 */
final class Traffic implements WorkObserver {
  private final WorkKind kind;
  private final Choice choice;
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder answered = new LongAdder();
  private final LongAdder rows = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private long answeredBefore; // of the one who looks, as the next two
  private long rowsBefore;
  private long nanosBefore;

  Traffic(WorkKind kind, Choice choice) {
    this.kind = kind;
    this.choice = choice;
  }

  /** A request that is handed in: its item tells the end. */
  void begin(WorkItem item) {
    begun.increment();
    item.observe(this, System.nanoTime());
  }

  @Override
  public void finished(WorkItem item, long sinceNanos, boolean hasOutputs) {
    ended.increment();
    if (hasOutputs) {
      answered.increment();
      rows.add(rows(item));
      nanos.add(System.nanoTime() - sinceNanos);
    }
  }

  /** A request that was begun was not taken, and may come again. */
  void refused(WorkItem item) {
    ended.increment();
    item.observe(null, 0);
  }

  /** A request was served on the caller's thread, which finishes it itself. */
  void served(WorkItem item, long sinceNanos) {
    answered.increment();
    rows.add(rows(item));
    nanos.add(System.nanoTime() - sinceNanos);
  }

  private static long rows(WorkItem item) {
    TensorSpec first = item.inputs().get(0).spec();
    return first.rank() == 0 ? 1 : first.dim(0);
  }

  /** What was seen since the last call; null if there was nothing. */
  @Nullable LoadSample look(long windowNanos) {
    long inFlightNow = begun.sum() - ended.sum();
    long allAnswered = answered.sum();
    long allRows = rows.sum();
    long allNanos = nanos.sum();
    long requests = allAnswered - answeredBefore;
    long spent = allNanos - nanosBefore;
    long newRows = allRows - rowsBefore;
    answeredBefore = allAnswered;
    nanosBefore = allNanos;
    rowsBefore = allRows;
    if (requests <= 0 && inFlightNow <= 0) {
      return null;
    }
    // Little's law, over those that ended; while none does, what is there now.
    double inFlight = requests > 0 ? (double) spent / windowNanos : inFlightNow;
    long mean = requests > 0 ? Math.max(0, spent / requests) : 0;
    return new LoadSample(
        kind,
        choice,
        Math.max(0, inFlight),
        Math.max(0, requests),
        Math.max(0, newRows),
        windowNanos,
        mean);
  }
}
