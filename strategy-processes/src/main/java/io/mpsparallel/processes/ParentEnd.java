package io.mpsparallel.processes;

import io.mpsparallel.error.InferenceException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * The parent's end over a slab. What it reads there it copies word by word, and checks the copy.
 *
 * <p>Nobody can touch memory that is gone: whoever has a region is an owner of its segment, and
 * every call here is one of segment 0 for as long as it takes.
 */
final class ParentEnd implements ParentLink {
  /** So that most failures fit. */
  private static final int LEAST_ROOM_BYTES = 512;

  private static final int ASK_ROOM_BYTES = 4096;
  private static final int TRIM_EVERY = 1024;

  private final Segment first;
  private final int depth;
  private final Bell bell;
  private final Arena arena;
  private final Growth growth;
  private final FrameRing ring;
  private final Slab slab;
  private final Deque<Pending> inHand = new ArrayDeque<>();
  private int sent;
  private volatile boolean closed;

  /**
   * Formats a new segment, of which it becomes the owner. The worker may be there already: it
   * waits.
   *
   * @param first segment 0, whose file is deleted with the first answer
   * @param depth how many frames callers can have in hand, 1 to {@link SlabLayout#MOST_DEPTH}
   * @param mostBytes all shared memory that this worker may have
   */
  ParentEnd(Segment first, int depth, Bell bell, Waiter.Look look, long mostBytes) {
    this(first, depth, bell, look, mostBytes, 0);
  }

  /** For tests: the number before that of the first frame. */
  ParentEnd(Segment first, int depth, Bell bell, Waiter.Look look, long mostBytes, int lastNumber) {
    if (depth < 1 || depth > SlabLayout.MOST_DEPTH) {
      throw new IllegalArgumentException(
          "depth: " + depth + " (expected: 1.." + SlabLayout.MOST_DEPTH + ")");
    }
    this.first = first;
    this.depth = depth;
    this.bell = bell;
    int slots = SlabLayout.slots(depth);
    slab = Slab.format(first, slots, lastNumber);
    Waiter.set(slab, SlabLayout.MAGIC_AT, SlabLayout.WORKER_SLEEPS_AT, bell, SlabLayout.MAGIC);
    growth = new Growth(first, mostBytes);
    arena = new Arena(first, SlabLayout.regionsAt(slots), growth);
    ring = new FrameRing(slab, bell, look, arena, growth, lastNumber);
  }

  @Override
  public Region allocate(long bytes) {
    return arena.allocate(bytes);
  }

  @Override
  public ByteBuffer memory(Region region) {
    return arena.memory(region);
  }

  @Override
  public void free(Region region) {
    arena.free(region);
  }

  @Override
  public int send(FrameKind kind, int model, Region body, long room) throws LinkLost {
    hold();
    try {
      return sendHeld(kind, model, body, room).number;
    } finally {
      first.close();
    }
  }

  private Pending sendHeld(FrameKind kind, int model, Region body, long room) throws LinkLost {
    if (inHand.size() >= depth) {
      throw new IllegalStateException(inHand.size() + " frames in hand (expected: fewer)");
    }
    Region answer = arena.allocate(Math.max(room, LEAST_ROOM_BYTES));
    try {
      trimNowAndThen();
      announce();
      Pending pending = ring.hand(kind, model, body, answer);
      inHand.add(pending);
      return pending;
    } catch (LinkLost e) {
      arena.free(answer);
      throw e;
    }
  }

  private void trimNowAndThen() throws LinkLost {
    if (++sent % TRIM_EVERY == 0) {
      for (int number : arena.trim()) {
        growth.shrunk(number);
        ring.hand(FrameKind.UNMAP, number, Region.NONE, Region.NONE);
      }
    }
  }

  /** Every segment is announced before the first frame that can name it. */
  private void announce() throws LinkLost {
    for (Region segment = growth.next(); segment != null; segment = growth.next()) {
      ring.hand(FrameKind.MAP, segment.segment(), segment, Region.NONE);
    }
  }

  @Override
  public Answer ask(FrameKind kind, int model, Consumer<BodyWriter> body) throws LinkLost {
    hold();
    try {
      BodyWriter values = BodyWriter.growing();
      body.accept(values);
      Pending asked = send(kind, model, values);
      ring.await(asked);
      inHand.remove(asked);
      return answer(asked);
    } finally {
      first.close();
    }
  }

  private Pending send(FrameKind kind, int model, BodyWriter values) throws LinkLost {
    Region region = arena.allocate(values.length());
    try {
      values.copyTo(arena.memory(region));
      return sendHeld(kind, model, region, ASK_ROOM_BYTES);
    } catch (LinkLost | RuntimeException e) {
      arena.free(region);
      throw e;
    }
  }

  @Override
  public int depth() {
    return depth;
  }

  @Override
  public boolean isAnswered(int number) {
    if (!first.retain()) {
      return false;
    }
    try {
      return slab.get(SlabLayout.ANSWERED_AT) - number >= 0;
    } finally {
      first.close();
    }
  }

  @Override
  public Answer await() throws LinkLost {
    Pending oldest = inHand.peek();
    if (oldest == null) {
      throw new IllegalStateException("no frame in hand");
    }
    hold();
    try {
      ring.await(oldest);
      inHand.remove();
      return answer(oldest);
    } finally {
      first.close();
    }
  }

  private Answer answer(Pending pending) throws LinkLost {
    if (pending.status != AnswerStatus.NO_ROOM) {
      return read(pending, pending);
    }
    arena.free(pending.takeRoom());
    try {
      return askAgain(pending);
    } finally {
      pending.free(arena);
    }
  }

  private Answer askAgain(Pending pending) throws LinkLost {
    Region room;
    try {
      room = arena.allocate(pending.bytes);
    } catch (InferenceException e) {
      resend(pending.number, Region.NONE); // the worker forgets the answer
      return FrameAnswer.failed(pending.number, e);
    }
    return read(pending, resend(pending.number, room));
  }

  private Pending resend(int number, Region room) throws LinkLost {
    Pending again;
    try {
      announce();
      again = ring.hand(FrameKind.RESEND, number, Region.NONE, room);
    } catch (LinkLost e) {
      arena.free(room);
      throw e;
    }
    ring.await(again);
    return again;
  }

  /** Reads what {@code answered} has, which is the same frame or the one that asked again. */
  private Answer read(Pending asked, Pending answered) throws LinkLost {
    Region room = answered.takeRoom();
    try {
      BodyReader body = new BodyReader(arena.memory(room).limit(answered.bytes));
      if (answered.status == AnswerStatus.FAILED) {
        InferenceException failure = Failures.get(body);
        arena.free(room);
        return FrameAnswer.failed(asked.number, failure);
      }
      return asked.kind == FrameKind.RUN
          ? FrameAnswer.of(asked.number, body.getTensors(() -> arena.free(room)))
          : FrameAnswer.of(asked.number, body, () -> arena.free(room));
    } catch (InferenceException e) {
      arena.free(room);
      throw ring.lost(e.detail());
    }
  }

  @Override
  public int awaited() {
    return ring.awaited();
  }

  @Override
  public int executing() {
    return word(SlabLayout.EXECUTING_AT);
  }

  @Override
  public int beat() {
    return word(SlabLayout.BEAT_AT);
  }

  private int word(int at) {
    if (!first.retain()) {
      return 0;
    }
    try {
      return slab.get(at);
    } finally {
      first.close();
    }
  }

  private void hold() throws LinkLost {
    if (closed || !first.retain()) {
      throw new LinkLost("the link was closed");
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    inHand.forEach(pending -> pending.free(arena));
    ring.close();
    growth.unlinkAll();
    arena.close();
    bell.close();
  }
}
