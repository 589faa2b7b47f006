package io.mpsparallel.mps;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which forwards of a model were recorded, on whichever stream and thread: they can be, so that a
 * further stream or thread needs only the runs in which libtorch and CUDA set themselves up for it.
 * A hint, bounded. Any thread.
 */
final class RecordedBefore {
  private static final int MOST = 512;

  private final Set<ForwardKey> forwards = new LinkedHashSet<>(); // guarded by this

  /** A forward was recorded. */
  synchronized void add(ForwardKey key) {
    if (forwards.add(key) && forwards.size() > MOST) {
      forwards.remove(forwards.iterator().next()); // the eldest
    }
  }

  /** Whether a forward was recorded, as far as is remembered. */
  synchronized boolean contains(ForwardKey key) {
    return forwards.contains(key);
  }
}
