package io.mpsparallel.bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A part of the scenario {@code cuda} that can be run without the others. */
enum CudaPart {
  /** Hand-written loops. */
  RAW,
  /** Blocked callers of the strategy threads. */
  THREADS,
  /** More requests in flight than lanes. */
  INFLIGHT,
  /** Requests put together. */
  BATCHING,
  /** Calls of more and more rows, recorded and not. */
  ROWS,
  /** Requests put together to any number of rows, and to few sizes. */
  SIZES,
  /** The same on one GPU and on all, if there are several. */
  GPUS,
  /** Where the time of one call goes. */
  SHARES;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * {@return the parts of some names; all if there is none}
   *
   * @throws IllegalArgumentException if there is no such part
   */
  static Set<CudaPart> of(List<String> names) {
    Set<CudaPart> parts = EnumSet.noneOf(CudaPart.class);
    for (String name : names) {
      parts.add(of(name));
    }
    return parts.isEmpty() ? EnumSet.allOf(CudaPart.class) : parts;
  }

  private static CudaPart of(String name) {
    for (CudaPart part : values()) {
      if (part.label().equals(name)) {
        return part;
      }
    }
    List<String> expected = EnumSet.allOf(CudaPart.class).stream().map(CudaPart::label).toList();
    throw new IllegalArgumentException("part: '" + name + "' (expected: some of " + expected + ")");
  }
}
