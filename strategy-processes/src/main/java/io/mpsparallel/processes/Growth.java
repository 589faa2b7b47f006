package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Makes segments, within a limit, and deletes their files when the worker has mapped them. Each new
 * one is as large as all before it, up to a bound, so that there are few. Whoever has leased the
 * worker.
 */
final class Growth implements Arena.Grower {
  private static final long MOST_AHEAD_BYTES = 256 << 20;

  private final Segment first;
  private final long mostBytes;
  private final Queue<Region> unannounced = new ArrayDeque<>();
  private final Map<Integer, Segment> files = new HashMap<>();
  private final Map<Integer, Integer> lengths = new HashMap<>();
  private boolean mapped;
  private long bytes;

  /**
   * After a first segment.
   *
   * @param mostBytes of all segments together
   */
  Growth(Segment first, long mostBytes) {
    this.first = first;
    this.mostBytes = mostBytes;
    bytes = first.length();
  }

  @Override
  public Segment grow(int number, int least) {
    if (least > mostBytes - bytes) {
      throw new InferenceException(
          ErrorCode.OUT_OF_MEMORY,
          least + " bytes of shared memory beside " + bytes + " (limit: " + mostBytes + ")");
    }
    Segment segment = create(number, least);
    bytes += segment.length();
    lengths.put(number, segment.length());
    files.put(number, segment);
    unannounced.add(new Region(number, 0, segment.length()));
    return segment;
  }

  private Segment create(int number, int least) {
    long ahead = Math.min(Math.min(bytes, MOST_AHEAD_BYTES), mostBytes - bytes);
    if (ahead > least) {
      try {
        return first.create(number, (int) ahead);
      } catch (InferenceException e) {
        // Then no more than is needed.
      }
    }
    return first.create(number, least);
  }

  /** The next segment that the worker was not told of: its number and length; or null. */
  @Nullable Region next() {
    return unannounced.poll();
  }

  /** A frame was answered: the first one shows that the worker has segment 0. */
  void answered(Pending pending) {
    if (!mapped) {
      mapped = true;
      first.unlink();
    }
    if (pending.kind == FrameKind.MAP) {
      Segment segment = files.remove(pending.model);
      if (segment != null) {
        segment.unlink();
      }
    }
  }

  /** The arena has let go of a segment. */
  void shrunk(int number) {
    Integer length = lengths.remove(number);
    bytes -= length == null ? 0 : length;
  }

  /** Leaves no file behind. */
  void unlinkAll() {
    first.unlink();
    files.values().forEach(Segment::unlink);
    files.clear();
  }
}
