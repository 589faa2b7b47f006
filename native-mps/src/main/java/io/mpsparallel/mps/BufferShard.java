package io.mpsparallel.mps;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Free memory of every size class, in lock-free stacks. Any thread. */
final class BufferShard {
  private final AtomicReferenceArray<@Nullable Node> tops =
      new AtomicReferenceArray<>(SizeClass.COUNT);
  private final AtomicLong bytes = new AtomicLong();

  /** A place in a stack; never used twice, so that a top seen again is the same top. */
  private static final class Node {
    final Slab slab;
    final @Nullable Node below;

    Node(Slab slab, @Nullable Node below) {
      this.slab = slab;
      this.below = below;
    }
  }

  /** Puts memory in; returns the bytes in here then. */
  long push(Slab slab) {
    long there = bytes.addAndGet(slab.capacity());
    Node top = tops.get(slab.sizeClass());
    while (true) {
      Node found = tops.compareAndExchange(slab.sizeClass(), top, new Node(slab, top));
      if (found == top) {
        return there;
      }
      top = found;
    }
  }

  @Nullable Slab pop(int sizeClass) {
    Node top = tops.get(sizeClass);
    while (top != null) {
      Node found = tops.compareAndExchange(sizeClass, top, top.below);
      if (found == top) {
        bytes.addAndGet(-top.slab.capacity());
        return top.slab;
      }
      top = found;
    }
    return null;
  }

  /** Takes everything out. */
  void drain(Consumer<Slab> taker) {
    for (int sizeClass = 0; sizeClass < SizeClass.COUNT; sizeClass++) {
      for (Slab slab = pop(sizeClass); slab != null; slab = pop(sizeClass)) {
        taker.accept(slab);
      }
    }
  }

  /** The bytes in here; what is on its way in counts already. */
  long bytes() {
    return bytes.get();
  }
}
