package io.mpsparallel.processes;

import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * Waits for a word of the slab: looks for a while, then says that it sleeps, looks once more, and
 * sleeps on the bell. Whoever changes the word does that first and then looks whether the other
 * sleeps, so one of the two sees the other. A byte is written only to a sleeper: while both are
 * quick, nobody enters the kernel. One thread at a time on each side.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Waiter {
  /** Looks for a while, if that pays; true if it is there. */
  interface Look {
    boolean await(BooleanSupplier there);
  }

  Waiter(ByteBuffer slab, int wordAt, int sleepsAt, Bell bell, Look look) {}

  /** Waits until the word is not behind a number; false if the other side is gone before. */
  boolean await(int number) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Sets the other side's word, and wakes it if it sleeps. */
  static void set(ByteBuffer slab, int wordAt, int sleepsAt, Bell bell, int number) {
    throw new UnsupportedOperationException("to be built");
  }
}
