package io.mpsparallel.processes;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a slab as the parent sees them: hands them in, and copies what was answered, in
 * order. Whoever has leased the worker, as an owner of segment 0.
 */
final class FrameRing {
  private static final int UNANSWERED = -1;
  private static final List<AnswerStatus> STATUSES = List.of(AnswerStatus.values());

  private final Slab slab;
  private final Bell bell;
  private final Waiter waiter;
  private final Arena arena;
  private final Growth growth;
  private final @Nullable Pending[] slots;
  private volatile int awaited; // the frame that somebody waits for, or hands in, else 0
  private int asked;
  private int answered;
  private @Nullable String lost;

  FrameRing(Slab slab, Bell bell, Waiter.Look look, Arena arena, Growth growth, int lastNumber) {
    this.slab = slab;
    this.bell = bell;
    this.arena = arena;
    this.growth = growth;
    waiter = new Waiter(slab, SlabLayout.ANSWERED_AT, SlabLayout.PARENT_SLEEPS_AT, bell, look);
    slots = new Pending[slab.slots()];
    asked = lastNumber;
    answered = lastNumber;
  }

  /**
   * Hands a frame in, after waiting until the last one in its slot is answered.
   *
   * @throws LinkLost if that cannot be; then both regions are still the caller's
   */
  Pending hand(FrameKind kind, int model, Region body, Region room) throws LinkLost {
    int number = SlabLayout.after(asked);
    await(number - slots.length);
    Region read = kind == FrameKind.MAP ? Region.NONE : body; // MAP names a whole segment there
    Pending pending = new Pending(number, kind, model, read, room);
    slots[number & (slots.length - 1)] = pending;
    slab.setFrame(number, SlabLayout.NUMBER, number);
    slab.setFrame(number, SlabLayout.KIND, SlabLayout.code(kind));
    slab.setFrame(number, SlabLayout.MODEL, model);
    slab.setRegion(number, SlabLayout.BODY, body);
    slab.setFrame(number, SlabLayout.STATUS, UNANSWERED);
    slab.setRegion(number, SlabLayout.ROOM, room);
    asked = number;
    tell(number);
    return pending;
  }

  /** Says that a frame is there; waits while the pipe is full. */
  private void tell(int number) {
    awaited = number;
    try {
      Waiter.set(slab, SlabLayout.ASKED_AT, SlabLayout.WORKER_SLEEPS_AT, bell, number);
    } finally {
      awaited = 0;
    }
  }

  /** Waits until a frame is answered. */
  void await(Pending pending) throws LinkLost {
    await(pending.number);
  }

  private void await(int number) throws LinkLost {
    if (lost != null) {
      throw new LinkLost(lost);
    }
    if (answered - number >= 0) {
      return;
    }
    awaited = number;
    try {
      while (answered - number < 0) {
        if (!waiter.await(number)) {
          throw lost("the worker is gone");
        }
        harvest();
      }
    } finally {
      awaited = 0;
    }
  }

  /** {@return the frame that somebody waits for, or hands in, at this moment, or 0; any thread} */
  int awaited() {
    return awaited;
  }

  /** Copies all answers that are there. */
  private void harvest() throws LinkLost {
    int last = slab.get(SlabLayout.ANSWERED_AT);
    if ((last == 0 && asked != 0) || last - answered < 0 || last - asked > 0) {
      throw lost("answered: " + last + " (expected: " + answered + ".." + asked + ")");
    }
    while (last - answered > 0) {
      answered = SlabLayout.after(answered);
      Pending pending = slots[answered & (slots.length - 1)];
      if (pending != null) {
        slots[answered & (slots.length - 1)] = null;
        settle(pending);
      }
    }
  }

  private void settle(Pending pending) throws LinkLost {
    int code = slab.frame(pending.number, SlabLayout.STATUS);
    int bytes = slab.frame(pending.number, SlabLayout.BYTES);
    AnswerStatus status = SlabLayout.constant(STATUSES, code);
    if (status == null || !canBe(pending, status, bytes)) {
      pending.free(arena);
      throw lost(pending.kind + ": status " + code + ", " + bytes + " bytes");
    }
    pending.status = status;
    pending.bytes = bytes;
    if (status != AnswerStatus.NO_ROOM) {
      pending.freeBody(arena); // else the answer may lie in it
    }
    growth.answered(pending);
  }

  private static boolean canBe(Pending pending, AnswerStatus status, int bytes) {
    int room = pending.room().length();
    return status == AnswerStatus.NO_ROOM
        ? bytes > room && !pending.isOfLink()
        : bytes >= 0 && bytes <= room;
  }

  /** Says that the link cannot be used any more, and why. */
  LinkLost lost(String why) {
    lost = why;
    return new LinkLost(why);
  }

  /** Gives up the memory of frames that are not answered. */
  void close() {
    for (int i = 0; i < slots.length; i++) {
      Pending pending = slots[i];
      if (pending != null) {
        pending.free(arena);
        slots[i] = null;
      }
    }
  }
}
