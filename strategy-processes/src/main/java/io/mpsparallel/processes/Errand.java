package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
import java.util.BitSet;

/**
 * A job on its way through workers: which of its forwards are still to be run, and how often a
 * worker died of each. Whoever has the job.
 */
final class Errand {
  private static final int LOSSES_EACH = 3;

  private final Job job;
  private final BitSet open = new BitSet();
  private final Blame[] blames;
  private int losses;
  private boolean suspect;

  Errand(Job job) {
    this.job = job;
    blames = new Blame[job.forwards()];
    open.set(0, blames.length);
  }

  Job job() {
    return job;
  }

  /** The forwards whose end nobody was told yet. */
  BitSet open() {
    return open;
  }

  /** Notes that the end of a forward is told now; true if it was the last. */
  boolean told(int forward) {
    open.clear(forward);
    return open.isEmpty();
  }

  /** What a forward has on its conscience. */
  Blame blame(int forward) {
    Blame known = blames[forward];
    if (known == null) {
      known = new Blame();
      blames[forward] = known;
    }
    return known;
  }

  /**
   * A worker was lost through something that it ran, perhaps this. From now on its forwards run one
   * by one, with nothing else in the worker's hand: if one is to blame, the next death shows it.
   */
  void suspect() {
    suspect = true;
  }

  boolean isSuspect() {
    return suspect;
  }

  /**
   * Notes that a worker died that had it in hand.
   *
   * @return whether that was far too often to be others' doing, though nothing shows that it ran
   */
  boolean isLostTooOften(int retries) {
    losses++;
    return losses > LOSSES_EACH * (retries + 2);
  }

  /**
   * Whether somebody still waits for it; if not, it is finished here. Jobs of several requests are
   * run in any case.
   */
  boolean isLive(Ticker ticker) {
    if (!(job instanceof WorkItem item)) {
      return true;
    }
    if (item.isDone()) {
      item.drop();
      return false;
    }
    if (item.isExpired(ticker.nanos())) {
      item.fail(
          new InferenceException(
              ErrorCode.DEADLINE_EXCEEDED, "the deadline passed before a worker answered"));
      return false;
    }
    return true;
  }
}
