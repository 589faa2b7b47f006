package io.mpsparallel.processes;

import java.util.Arrays;

/**
 * The free parts of one segment, by offset, no two of them neighbours. All sizes are multiples of
 * the alignment. Not thread-safe: under the lock of {@link Arena}.
 */
final class FreeList {
  private final int from;
  private final int to;
  private int[] starts = new int[8];
  private int[] ends = new int[8];
  private int count;

  /** Everything from one offset to another is free. */
  FreeList(int from, int to) {
    this.from = from;
    this.to = to;
    if (from < to) {
      insert(0, from, to);
    }
  }

  /** The first part that is large enough: its offset, or -1. */
  int take(int bytes) {
    for (int i = 0; i < count; i++) {
      if (ends[i] - starts[i] >= bytes) {
        int offset = starts[i];
        starts[i] += bytes;
        if (starts[i] == ends[i]) {
          remove(i);
        }
        return offset;
      }
    }
    return -1;
  }

  /**
   * Takes back a part, which becomes one with its neighbours.
   *
   * @throws IllegalArgumentException if some of it is free already, or is none of this segment
   */
  void give(int start, int end) {
    int next = Arrays.binarySearch(starts, 0, count, start);
    int at = next < 0 ? -next - 1 : next;
    if (start < from || end > to || start >= end || isFree(at, start, end)) {
      throw new IllegalArgumentException(start + ".." + end + ": not taken");
    }
    boolean afterFree = at > 0 && ends[at - 1] == start;
    boolean beforeFree = at < count && starts[at] == end;
    if (afterFree && beforeFree) {
      ends[at - 1] = ends[at];
      remove(at);
    } else if (afterFree) {
      ends[at - 1] = end;
    } else if (beforeFree) {
      starts[at] = start;
    } else {
      insert(at, start, end);
    }
  }

  private boolean isFree(int at, int start, int end) {
    return (at > 0 && ends[at - 1] > start) || (at < count && starts[at] < end);
  }

  /** Whether nothing is taken. */
  boolean isWhole() {
    return count == 1 && starts[0] == from && ends[0] == to;
  }

  private void insert(int at, int start, int end) {
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      ends = Arrays.copyOf(ends, 2 * count);
    }
    System.arraycopy(starts, at, starts, at + 1, count - at);
    System.arraycopy(ends, at, ends, at + 1, count - at);
    starts[at] = start;
    ends[at] = end;
    count++;
  }

  private void remove(int at) {
    count--;
    System.arraycopy(starts, at + 1, starts, at, count - at);
    System.arraycopy(ends, at + 1, ends, at, count - at);
  }
}
