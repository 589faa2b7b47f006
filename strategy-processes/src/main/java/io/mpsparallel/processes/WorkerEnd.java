package io.mpsparallel.processes;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The worker's end over a slab. It trusts the parent: what cannot be is an {@code
 * IllegalStateException}, with which the process should end.
 */
final class WorkerEnd implements WorkerLink {
  private static final List<FrameKind> KINDS = List.of(FrameKind.values());

  private final Segment first;
  private final Slab slab;
  private final Bell bell;
  private final Waiter waiter;
  private final Map<Integer, Segment> segments = new HashMap<>();
  private final Deque<WorkerFrame> taken = new ArrayDeque<>();
  private final Map<Integer, Kept> kept = new HashMap<>();
  private int last;
  private boolean closed;

  /**
   * Over segment 0, of which it becomes the owner; waits until the parent has formatted it.
   *
   * @throws IllegalStateException if the parent is gone, or of another version
   */
  WorkerEnd(Segment first, Bell bell, Waiter.Look look) {
    this.first = first;
    this.bell = bell;
    slab = formatted(first, bell, look);
    waiter = new Waiter(slab, SlabLayout.ASKED_AT, SlabLayout.WORKER_SLEEPS_AT, bell, look);
    segments.put(0, first);
    last = slab.get(SlabLayout.ANSWERED_AT);
  }

  private static Slab formatted(Segment first, Bell bell, Waiter.Look look) {
    Slab head = Slab.head(first);
    new Waiter(head, SlabLayout.MAGIC_AT, SlabLayout.WORKER_SLEEPS_AT, bell, look)
        .await(SlabLayout.MAGIC);
    return Slab.of(first);
  }

  @Override
  public @Nullable Frame next() {
    while (waiter.await(SlabLayout.after(last))) {
      Frame frame = take();
      if (frame != null) {
        return frame;
      }
    }
    return null;
  }

  @Override
  public @Nullable Frame poll() {
    while (waiter.isThere(SlabLayout.after(last))) {
      Frame frame = take();
      if (frame != null) {
        return frame;
      }
    }
    return null;
  }

  /** Takes the next frame; null if it was one of the link's own. */
  private @Nullable Frame take() {
    last = SlabLayout.after(last);
    FrameKind kind = SlabLayout.constant(KINDS, slab.frame(last, SlabLayout.KIND));
    if (slab.frame(last, SlabLayout.NUMBER) != last || kind == null) {
      throw new IllegalStateException("frame " + last + " is not there, or of no known kind");
    }
    WorkerFrame frame = new WorkerFrame(this, slab, last, kind);
    taken.add(frame);
    switch (frame.kind()) {
      case MAP -> map(frame);
      case UNMAP -> unmap(frame);
      case RESEND -> resend(frame);
      default -> {
        markExecuting();
        return frame;
      }
    }
    return null;
  }

  private void map(WorkerFrame frame) {
    int length = slab.region(frame.number(), SlabLayout.BODY).length();
    Segment mapped = segment(0).open(frame.model(), length);
    mapped.unlink(); // the parent does so as well, unless it is killed before
    segments.put(frame.model(), mapped);
    frame.finish(AnswerStatus.DONE, 0);
  }

  private void unmap(WorkerFrame frame) {
    segment(frame.model()).close();
    segments.remove(frame.model());
    frame.finish(AnswerStatus.DONE, 0);
  }

  private void resend(WorkerFrame frame) {
    Kept answer = kept.remove(frame.model());
    if (answer == null) {
      throw new IllegalStateException("frame " + frame.model() + ": no answer was kept");
    }
    slab.set(SlabLayout.EXECUTING_AT, frame.model()); // whose answer may be what kills
    try (answer) {
      frame.deliver(answer);
    }
  }

  /** Keeps an answer that has no room, until the parent asks again. */
  void keep(int number, Kept answer) {
    kept.put(number, answer);
  }

  ByteBuffer memory(Region region) {
    return segment(region.segment()).slice(region.offset(), region.length());
  }

  private Segment segment(int number) {
    Segment segment = segments.get(number);
    if (segment == null) {
      throw new IllegalStateException("segment " + number + " is not there");
    }
    return segment;
  }

  /** Tells the parent of all frames that are answered and have no unanswered one before them. */
  void publish() {
    WorkerFrame done = null;
    while (!taken.isEmpty() && taken.element().isFinished()) {
      done = taken.remove();
    }
    if (done != null) {
      Waiter.set(slab, SlabLayout.ANSWERED_AT, SlabLayout.PARENT_SLEEPS_AT, bell, done.number());
      markExecuting();
    }
  }

  private void markExecuting() {
    WorkerFrame oldest = taken.peek();
    slab.set(SlabLayout.EXECUTING_AT, oldest == null ? 0 : oldest.number());
  }

  @Override
  public void beat() {
    if (first.retain()) { // the map of segments is the main thread's
      slab.set(SlabLayout.BEAT_AT, slab.get(SlabLayout.BEAT_AT) + 1);
      first.close();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      kept.values().forEach(Kept::close);
      segments.values().forEach(Segment::close);
      bell.close();
    }
  }
}
