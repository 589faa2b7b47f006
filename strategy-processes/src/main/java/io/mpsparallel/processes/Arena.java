package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands out regions of a worker's segments, by the parent alone: the worker never allocates, so it
 * cannot break this. First fit; neighbours that are free are one. Who has a region is an owner of
 * its segment, which so stays mapped, also when the arena is closed.
 *
 * <p>Regions are freed by any thread: a caller closes a result while others run. They are allocated
 * by one thread at a time.
 */
final class Arena implements AutoCloseable {
  /** Makes the next segment, of at least so many bytes; it is announced before it is used. */
  interface Grower {
    Segment grow(int number, int bytes);
  }

  private static final class Part {
    final Segment segment;
    final FreeList free;
    boolean usedLately = true;

    Part(Segment segment, FreeList free) {
      this.segment = segment;
      this.free = free;
    }
  }

  private final Grower grower;
  private final List<@Nullable Part> parts = new ArrayList<>(); // under the lock, which is this
  private boolean closed; // likewise

  /**
   * An arena over a first segment, of which it becomes the owner.
   *
   * @param from where its regions begin
   */
  Arena(Segment first, int from, Grower grower) {
    this.grower = grower;
    parts.add(partOf(first, from));
  }

  private static Part partOf(Segment segment, int from) {
    int to = segment.length() & -SlabLayout.ALIGNMENT;
    return new Part(segment, new FreeList((int) SlabLayout.aligned(from), to));
  }

  /**
   * A region of so many bytes, which the caller frees; grows if nothing is free.
   *
   * @throws InferenceException {@code OUT_OF_MEMORY} if it cannot grow, {@code CLOSED} if the arena
   *     is
   */
  Region allocate(long bytes) {
    if (bytes > Segment.MOST_BYTES) {
      throw new InferenceException(
          ErrorCode.OUT_OF_MEMORY,
          bytes + " bytes for one request (expected: at most " + Segment.MOST_BYTES + ")");
    }
    Region region = take((int) bytes);
    if (region != null) {
      return region;
    }
    int number = nextNumber();
    add(number, grower.grow(number, (int) SlabLayout.aligned(Math.max(bytes, 1))));
    Region grown = take((int) bytes);
    if (grown == null) {
      throw new IllegalStateException("segment " + number + ": less than " + bytes + " bytes");
    }
    return grown;
  }

  private synchronized @Nullable Region take(int bytes) {
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, "the link to the worker was closed");
    }
    int whole = (int) SlabLayout.aligned(Math.max(bytes, 1));
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      int offset = part == null ? -1 : part.free.take(whole);
      if (part != null && offset >= 0) {
        part.usedLately = true;
        part.segment.retain();
        return new Region(i, offset, bytes);
      }
    }
    return null;
  }

  private synchronized int nextNumber() {
    int gap = parts.indexOf(null);
    return gap < 0 ? parts.size() : gap;
  }

  private synchronized void add(int number, Segment segment) {
    if (number == parts.size()) {
      parts.add(partOf(segment, 0));
    } else {
      parts.set(number, partOf(segment, 0));
    }
    if (closed) {
      segment.close();
    }
  }

  /** The memory of a region that the caller has, in the machine's byte order. */
  ByteBuffer memory(Region region) {
    return segment(region.segment()).slice(region.offset(), region.length());
  }

  /**
   * Takes a region back. {@link Region#NONE} is ignored.
   *
   * @throws IllegalArgumentException if it was not handed out
   */
  void free(Region region) {
    if (region.equals(Region.NONE)) {
      return;
    }
    Segment segment;
    synchronized (this) {
      Part part = part(region.segment());
      long whole = SlabLayout.aligned(Math.max(region.length(), 1));
      part.free.give(region.offset(), (int) (region.offset() + whole));
      segment = part.segment;
    }
    segment.close();
  }

  synchronized Segment segment(int number) {
    return part(number).segment;
  }

  private Part part(int number) {
    Part part = number < 0 || number >= parts.size() ? null : parts.get(number);
    if (part == null) {
      throw new IllegalArgumentException("segment " + number + ": not there");
    }
    return part;
  }

  /**
   * Takes out segments, but the first, in which nothing lies and nothing has lain since the last
   * call.
   *
   * @return their numbers, which are used again
   */
  synchronized List<Integer> trim() {
    List<Integer> gone = new ArrayList<>();
    for (int i = 1; i < parts.size(); i++) {
      Part part = parts.get(i);
      if (part != null && part.free.isWhole() && !part.usedLately) {
        parts.set(i, null);
        part.segment.close();
        gone.add(i);
      } else if (part != null) {
        part.usedLately = false;
      }
    }
    return gone;
  }

  /** Lets go of all segments; who has a region keeps its segment. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (Part part : parts) {
      if (part != null) {
        part.segment.close();
      }
    }
  }
}
