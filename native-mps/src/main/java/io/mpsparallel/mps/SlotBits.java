package io.mpsparallel.mps;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntConsumer;

/**
 * A lock-free set of the free ones of {@code capacity} slots, numbered from 0. Any thread. The bits
 * lie in several words, each in a cache line of its own, and each thread searches from another one.
 */
final class SlotBits {
  private static final int SPREAD = 8; // words that a small set is spread over
  private static final int LINE = 8; // longs in a cache line

  private final int words;
  private final AtomicLongArray bits;

  /** A set in which every slot is free. */
  SlotBits(int capacity) {
    words = Math.max(Math.min(SPREAD, capacity), (capacity + Long.SIZE - 1) / Long.SIZE);
    bits = new AtomicLongArray((words + 1) * LINE);
    for (int slot = 0; slot < capacity; slot++) {
      bits.set(at(slot % words), bits.get(at(slot % words)) | bit(slot));
    }
  }

  /** Takes a free slot, or returns -1 if none was seen in one look at each word. */
  int take() {
    int start = Spread.threadPlace(words);
    for (int i = 0; i < words; i++) {
      int word = start + i < words ? start + i : start + i - words;
      long seen = bits.get(at(word));
      while (seen != 0) {
        long lowest = Long.lowestOneBit(seen);
        long found = bits.compareAndExchange(at(word), seen, seen & ~lowest);
        if (found == seen) {
          return Long.numberOfTrailingZeros(lowest) * words + word;
        }
        seen = found;
      }
    }
    return -1;
  }

  /** Gives back a slot that the caller holds. */
  void give(int slot) {
    bits.getAndUpdate(at(slot % words), seen -> seen | bit(slot));
  }

  /** Takes every slot that is free, and hands each to {@code taker}. */
  void takeAll(IntConsumer taker) {
    for (int word = 0; word < words; word++) {
      long taken = bits.getAndSet(at(word), 0);
      while (taken != 0) {
        taker.accept(Long.numberOfTrailingZeros(taken) * words + word);
        taken &= taken - 1;
      }
    }
  }

  private long bit(int slot) {
    return 1L << (slot / words);
  }

  private static int at(int word) {
    return (word + 1) * LINE;
  }
}
