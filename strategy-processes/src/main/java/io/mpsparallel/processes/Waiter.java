package io.mpsparallel.processes;

import java.util.function.BooleanSupplier;

/**
 * Waits for a word of the slab: looks for a while, then says that it sleeps, looks once more, and
 * sleeps on the bell. Whoever changes the word does that first and then looks whether the other
 * sleeps, so one of the two sees the other. A byte is written only to a sleeper: while both are
 * quick, nobody enters the kernel. One thread at a time on each side.
 */
final class Waiter {
  /** Looks for a while, if that pays; true if it is there. */
  interface Look {
    /** Never looks. */
    Look NEVER = there -> false;

    boolean await(BooleanSupplier there);
  }

  private final Slab slab;
  private final int wordAt;
  private final int sleepsAt;
  private final Bell bell;
  private final Look look;

  Waiter(Slab slab, int wordAt, int sleepsAt, Bell bell, Look look) {
    this.slab = slab;
    this.wordAt = wordAt;
    this.sleepsAt = sleepsAt;
    this.bell = bell;
    this.look = look;
  }

  /** Whether the word is not behind a number; never waits. */
  boolean isThere(int number) {
    return slab.get(wordAt) - number >= 0;
  }

  /** Waits until the word is not behind a number; false if the other side is gone before. */
  boolean await(int number) {
    return isThere(number) || look.await(() -> isThere(number)) || sleepFor(number);
  }

  private boolean sleepFor(int number) {
    boolean alive = true;
    do {
      slab.set(sleepsAt, 1);
      if (isThere(number)) {
        break;
      }
      alive = bell.sleep();
    } while (alive && !isThere(number));
    slab.set(sleepsAt, 0);
    return isThere(number);
  }

  /** Sets the other side's word, and wakes it if it sleeps. */
  static void set(Slab slab, int wordAt, int sleepsAt, Bell bell, int number) {
    slab.set(wordAt, number);
    if (slab.clear(sleepsAt)) {
      bell.ring();
    }
  }
}
