package io.mpsparallel.work;

import org.jspecify.annotations.Nullable;

/**
 * Where lanes get their work from: a lane that is free asks for a job, and what the job is gets
 * decided at that moment. Any thread.
 */
public interface WorkSource {
  /** What {@link #restNanos} says when only more work can change anything. */
  long UNTIL_MORE = Long.MAX_VALUE;

  /** {@return how many requests wait; a hint, unless nothing else happens} */
  int size();

  /**
   * Takes the job whose turn it is, if there is one; waits for nobody but others that add or take.
   *
   * @return a job that the caller runs, or null if there is none now
   */
  @Nullable Job poll();

  /**
   * For how long it is pointless to poll, unless something is added: then whoever added it tells
   * the strategy. Cheap enough to be asked in a loop.
   *
   * @return nanoseconds; 0 if there may be a job now, {@link #UNTIL_MORE} if there is none
   */
  default long restNanos() {
    return size() > 0 ? 0 : UNTIL_MORE;
  }

  /**
   * Answers those that were cancelled or have expired. A lane that polls does so in passing; this
   * is for when none can. Waits for nobody but others that add or take.
   */
  default void buryDead() {}
}
