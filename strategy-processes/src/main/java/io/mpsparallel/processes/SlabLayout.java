package io.mpsparallel.processes;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every offset in the memory that a worker shares with its parent; nobody else computes one. Pure
 * functions.
 *
 * <pre>
 * segment 0                                                      written by
 *      0  magic, written last; version  2 x int                   parent, once
 *      8  slots, length of segment  2 x int                      parent, once
 *     64  asked: number of the last frame handed in    int       parent
 *    128  parent sleeps                                int       parent sets, worker clears
 *    192  answered: number of the last frame answered  int       worker
 *    256  worker sleeps                                int       worker sets, parent clears
 *    320  executing: number of the frame that runs, 0  int       worker
 *    384  beat: grows ten times a second               int       worker
 *    448  frames: slots x 64 bytes, of frame n in slot n % slots
 *    448 + slots x 64  regions
 *
 * frame
 *      0  number         int       32  answer: status                int
 *      4  kind           int       36  answer: bytes, or bytes needed int
 *      8  model          int       40  room for the answer: segment,
 *     12  body: segment, offset, length                offset, length 3 x int
 *         3 x int                  52  0, to 64
 *     24  0, to 32
 *
 * segment 1, 2, ...: regions from 0
 *
 * region: one body, at a multiple of 64; values first, tensors after them, each at a multiple of 64
 *
 * table of tensors                       for each tensor
 *   count, 1 if they have names  2 x int   its name, if there are names   text
 *   a row for each tensor                  dtype, rank                    2 x int
 *   at multiples of 64: their memory       dimensions                     rank x long
 *
 * text: length in bytes (int), UTF-8
 * failure: code (text), message (text)
 * </pre>
 *
 * <p>Words that one side writes and the other waits for have a cache line of their own. Numbers
 * begin at 1, wrap around and leave out 0; only their equality and their difference are used. All
 * in the machine's byte order. The worker never writes below the regions but into its own words and
 * answers; the parent believes nothing that it reads there: it copies each word once and checks the
 * copy.
 *
 * <p>{@code MAP}, {@code UNMAP} and {@code RESEND} carry what they need in the frame: the number of
 * the segment, or of the frame whose answer is asked for again, stands for the model, and the
 * length of a segment for that of the body.
 */
final class SlabLayout {
  static final int MAGIC = 0x4D505350;
  static final int VERSION = 1;

  static final int MAGIC_AT = 0;
  static final int VERSION_AT = 4;
  static final int SLOTS_AT = 8;
  static final int LENGTH_AT = 12;
  static final int ASKED_AT = 64;
  static final int PARENT_SLEEPS_AT = 128;
  static final int ANSWERED_AT = 192;
  static final int WORKER_SLEEPS_AT = 256;
  static final int EXECUTING_AT = 320;
  static final int BEAT_AT = 384;
  static final int FRAMES_AT = 448;

  static final int NUMBER = 0;
  static final int KIND = 4;
  static final int MODEL = 8;
  static final int BODY = 12;
  static final int STATUS = 32;
  static final int BYTES = 36;
  static final int ROOM = 40;

  /** From the first word of a region to its offset and its length. */
  static final int REGION_OFFSET = 4;

  static final int REGION_LENGTH = 8;

  static final int FRAME_BYTES = 64;
  static final int ALIGNMENT = 64;

  /** The most frames that callers can have in hand. */
  static final int MOST_DEPTH = 64;

  /** The most slots: the power of two above {@link #MOST_DEPTH} and the link's own frames. */
  static final int MOST_SLOTS = 128;

  /** Frames of the link itself, which announce segments and ask again. */
  private static final int SPARE = 2;

  private SlabLayout() {}

  /** A power of two, so that numbers that wrap around go on to the next slot. */
  static int slots(int depth) {
    return Integer.highestOneBit(depth + SPARE - 1) << 1;
  }

  /** Where the frame of a number lies. */
  static int frameAt(int number, int slots) {
    return FRAMES_AT + (number & (slots - 1)) * FRAME_BYTES;
  }

  /** Where the regions of segment 0 begin. */
  static int regionsAt(int slots) {
    return FRAMES_AT + slots * FRAME_BYTES;
  }

  /** The number that follows: 0 means "none" and is left out. */
  static int after(int number) {
    return number == -1 ? 1 : number + 1;
  }

  /** What stands for a constant: both sides run the same code, so its place in the order. */
  @SuppressWarnings("EnumOrdinal")
  static int code(Enum<?> constant) {
    return constant.ordinal();
  }

  /** The constant that a code stands for, or null. */
  static <E extends Enum<E>> @Nullable E constant(List<E> constants, int code) {
    return code < 0 || code >= constants.size() ? null : constants.get(code);
  }

  /** The next multiple of {@link #ALIGNMENT}. */
  static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
