package io.mpsparallel.processes;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many bytes a model's answers take: as many as the last that had inputs of the same size. A
 * hint, so entries that fall on each other only cost a second trip. Any thread.
 */
final class AnswerSizes {
  private static final int ENTRIES = 64;
  private static final int LEAST = 4096;

  private final AtomicLongArray sizes = new AtomicLongArray(ENTRIES);

  /** What to keep for the answer to inputs of so many bytes. */
  long bytesFor(long inputBytes) {
    return Math.max(LEAST, sizes.get(entry(inputBytes)));
  }

  /** An answer took so many. */
  void took(long inputBytes, long bytes) {
    int entry = entry(inputBytes);
    if (sizes.get(entry) != bytes) {
      sizes.set(entry, bytes);
    }
  }

  private static int entry(long inputBytes) {
    return Math.floorMod(Long.hashCode(inputBytes * 0x9E3779B97F4A7C15L), ENTRIES);
  }
}
