package io.mpsparallel.processes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The words of segment 0, as {@link SlabLayout} says. Whoever calls is an owner of the segment. The
 * words that are waited for are volatile; frames are published by them. Any thread.
 */
final class Slab {
  private static final VarHandle WORDS =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final ByteBuffer memory;
  private final int slots;

  private Slab(ByteBuffer memory, int slots) {
    this.memory = memory;
    this.slots = slots;
  }

  /**
   * Writes the head of a new segment 0, but for the magic number, with which the parent says that
   * it is done; by the parent.
   *
   * @param last the number before that of the first frame
   */
  static Slab format(Segment first, int slots, int last) {
    Slab slab = new Slab(first.buffer(), slots);
    slab.set(SlabLayout.SLOTS_AT, slots);
    slab.set(SlabLayout.LENGTH_AT, first.length());
    slab.set(SlabLayout.ASKED_AT, last);
    slab.set(SlabLayout.ANSWERED_AT, last);
    slab.set(SlabLayout.VERSION_AT, SlabLayout.VERSION);
    return slab;
  }

  /** The words alone, of a segment whose frames are not known yet; by the worker. */
  static Slab head(Segment first) {
    return new Slab(first.buffer(), 1);
  }

  /**
   * The words of a segment that the parent has formatted; by the worker.
   *
   * @throws IllegalStateException if it is of another version or length
   */
  static Slab of(Segment first) {
    Slab head = head(first);
    int slots = head.get(SlabLayout.SLOTS_AT);
    if (head.get(SlabLayout.MAGIC_AT) != SlabLayout.MAGIC
        || head.get(SlabLayout.VERSION_AT) != SlabLayout.VERSION
        || head.get(SlabLayout.LENGTH_AT) != first.length()
        || slots < 1
        || slots > SlabLayout.MOST_SLOTS) {
      throw new IllegalStateException(
          first.file() + ": no slab of version " + SlabLayout.VERSION + ", or of another length");
    }
    return new Slab(first.buffer(), slots);
  }

  int slots() {
    return slots;
  }

  /** Reads a word, in order with what other threads and the other process write. */
  int get(int at) {
    return (int) WORDS.getVolatile(memory, at);
  }

  /** Writes a word, after everything that was written before. */
  void set(int at, int value) {
    WORDS.setVolatile(memory, at, value);
  }

  /** Clears a flag; true for the one who did. */
  boolean clear(int at) {
    return get(at) == 1 && WORDS.compareAndSet(memory, at, 1, 0);
  }

  /** A word of the frame of a number; read once, as it is. */
  int frame(int number, int word) {
    return (int) WORDS.getOpaque(memory, SlabLayout.frameAt(number, slots) + word);
  }

  /** Writes a word of a frame, which is seen when the number is. */
  void setFrame(int number, int word, int value) {
    WORDS.setOpaque(memory, SlabLayout.frameAt(number, slots) + word, value);
  }

  Region region(int number, int word) {
    return new Region(
        frame(number, word),
        frame(number, word + SlabLayout.REGION_OFFSET),
        frame(number, word + SlabLayout.REGION_LENGTH));
  }

  void setRegion(int number, int word, Region region) {
    setFrame(number, word, region.segment());
    setFrame(number, word + SlabLayout.REGION_OFFSET, region.offset());
    setFrame(number, word + SlabLayout.REGION_LENGTH, region.length());
  }
}
