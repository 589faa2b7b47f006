package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.WorkItem;
import io.mpsparallel.work.WorkObserver;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * What one choice has served of one kind of work since the last look. Any thread counts; one looks.
 *
 * <p>Requests of small models take few microseconds, so counting must cost little: threads count in
 * stripes of their own, requests and rows in one addition, and while there are very many requests,
 * the clock is read for one in eight of them.
 */
final class Traffic implements WorkObserver {
  /** Answers and rows are counted in one number: an answer is this, a row is 1. */
  private static final long ONE_ANSWER = 1L << 40;

  private static final int BEGUN = 0;
  private static final int ANSWERED = 1;
  private static final int ANSWERED_HERE = 2;
  private static final int UNANSWERED = 3;
  private static final int TIMED = 4;
  private static final int TIMED_NANOS = 5;
  private static final int WORDS = 6;

  private static final int STRIPE = 16; // two cache lines of 8: processors fetch them in pairs
  private static final int STRIPES = Integer.highestOneBit(2 * ThreadBudget.grantedCpus() - 1);

  /** With more requests in a window than these, some are enough. */
  private static final long MANY = 16_384;

  private static final int ONE_IN = 8;
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L; // 2^64 / 1.618..., and odd

  private final WorkKind kind;
  private final Choice choice;
  private final AtomicLongArray counts = new AtomicLongArray((STRIPES + 2) * STRIPE);
  private final long[] before = new long[WORDS]; // of the one who looks
  private long answeredBefore; // of the one who looks, as the next one
  private long meanBefore;
  private volatile boolean many;

  Traffic(WorkKind kind, Choice choice) {
    this.kind = kind;
    this.choice = choice;
  }

  private static int stripe() {
    int number = (int) Thread.currentThread().getId() & (STRIPES - 1);
    return (number + 1) * STRIPE; // nothing of ours lies beside the head of the array
  }

  /**
   * Whether a request is one of those that are timed. The fractions of the multiples of an
   * irrational number are spread evenly, also those of every 2nd, 8th or 64th of them: so this does
   * not always meet, say, the first request of a batch.
   */
  static boolean isOneInEight(long number) {
    return Long.compareUnsigned(number * GOLDEN_RATIO, Long.divideUnsigned(-1, ONE_IN)) < 0;
  }

  private long now(long number) {
    return !many || isOneInEight(number) ? System.nanoTime() | 1 : 0;
  }

  /** A request that is handed in: its item tells the end. */
  void begin(WorkItem item) {
    item.observe(this, now(counts.getAndIncrement(stripe() + BEGUN)));
  }

  @Override
  public void finished(WorkItem item, long sinceNanos, boolean hasOutputs) {
    int stripe = stripe();
    if (hasOutputs) {
      counts.getAndAdd(stripe + ANSWERED, ONE_ANSWER + rows(item));
      took(stripe, sinceNanos);
    } else {
      counts.getAndIncrement(stripe + UNANSWERED);
    }
  }

  private void took(int stripe, long sinceNanos) {
    if (sinceNanos != 0) {
      counts.getAndAdd(stripe + TIMED_NANOS, System.nanoTime() - sinceNanos);
      counts.getAndIncrement(stripe + TIMED);
    }
  }

  /** A request that was begun was not taken, and may come again. */
  void refused(WorkItem item) {
    counts.getAndIncrement(stripe() + UNANSWERED);
    item.observe(null, 0);
  }

  /** Before a request is tried on the caller's thread: the moment, or 0 if it is not timed. */
  long startHere() {
    return now(counts.get(stripe() + ANSWERED_HERE) >>> 40);
  }

  /** A request was served on the caller's thread, which finishes it itself. */
  void servedHere(WorkItem item, long sinceNanos) {
    int stripe = stripe();
    counts.getAndAdd(stripe + ANSWERED_HERE, ONE_ANSWER + rows(item));
    took(stripe, sinceNanos);
  }

  private static long rows(WorkItem item) {
    TensorSpec first = item.inputs().get(0).spec();
    return first.rank() == 0 ? 1 : first.dim(0);
  }

  private long sum(int word) {
    long sum = 0;
    for (int stripe = 1; stripe <= STRIPES; stripe++) {
      sum += counts.get(stripe * STRIPE + word);
    }
    return sum;
  }

  private long since(int word) {
    long now = sum(word);
    long passed = now - before[word];
    before[word] = now;
    return passed;
  }

  /** What was seen since the last call; null if there was nothing. */
  @Nullable LoadSample look(long windowNanos) {
    long timedNanos = since(TIMED_NANOS); // before TIMED, which is counted later
    long timed = since(TIMED);
    long handedOver = since(ANSWERED);
    long both = handedOver + since(ANSWERED_HERE);
    long requests = both / ONE_ANSWER;
    answeredBefore += handedOver / ONE_ANSWER; // the sum itself overflows
    long inFlightNow = sum(BEGUN) - sum(UNANSWERED) - answeredBefore;
    many = requests > MANY;
    if (requests <= 0 && inFlightNow <= 0) {
      return null;
    }
    meanBefore = timed > 0 ? Math.max(0, timedNanos / timed) : meanBefore;
    // Little's law, over those that ended; while none does, what is there now.
    double inFlight = requests > 0 ? (double) meanBefore * requests / windowNanos : inFlightNow;
    return new LoadSample(
        kind,
        choice,
        Math.max(0, inFlight),
        Math.max(0, requests),
        Math.max(0, both % ONE_ANSWER),
        windowNanos,
        requests > 0 ? meanBefore : 0);
  }
}
