package io.mpsparallel.mps;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Which forwards of a model each thread has recorded, on whichever stream: what libtorch and CUDA
 * set up for a thread is there then, so that its next stream needs fewer runs before it. A hint,
 * bounded; threads that are gone are forgotten. Any thread.
 */
final class RecordedBefore {
  private static final int MOST = 512; // of a thread

  private final Map<Thread, Set<ForwardKey>> forwards = new WeakHashMap<>(); // guarded by this

  /** The calling thread has recorded a forward. */
  synchronized void add(ForwardKey key) {
    Set<ForwardKey> own =
        forwards.computeIfAbsent(Thread.currentThread(), thread -> new LinkedHashSet<>());
    if (own.add(key) && own.size() > MOST) {
      own.remove(own.iterator().next()); // the eldest
    }
  }

  /** Whether the calling thread has recorded a forward, as far as is remembered. */
  synchronized boolean contains(ForwardKey key) {
    Set<ForwardKey> own = forwards.get(Thread.currentThread());
    return own != null && own.contains(key);
  }
}
