package io.mpsparallel.mps;

/** Spreads keys, such as addresses and identity hashes, over a few places. */
final class Spread {
  private Spread() {}

  /** Mixes all bits into each other: keys that are multiples of 8 differ in every bit after it. */
  static int mix(int key) {
    int h = key;
    h = (h ^ (h >>> 16)) * 0x85ebca6b;
    h = (h ^ (h >>> 13)) * 0xc2b2ae35;
    return h ^ (h >>> 16);
  }

  /** One of {@code places} places for a key. */
  static int place(int key, int places) {
    return (int) (((mix(key) & 0xffffffffL) * places) >>> 32);
  }

  /** One of {@code places} places for the calling thread, the same at each call. */
  static int threadPlace(int places) {
    return place((int) Thread.currentThread().getId(), places);
  }
}
