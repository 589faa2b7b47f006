package io.mpsparallel.processes;

/**
 * Every offset in the memory that a worker shares with its parent; nobody else computes one. Pure
 * functions.
 *
 * <pre>
 * segment 0                                                      written by
 *      0  magic, version            2 x int                      parent, once
 *      8  depth, length of segment  2 x int                      parent, once
 *     64  asked: number of the last frame handed in    int       parent
 *    128  parent sleeps                                int       parent sets, worker clears
 *    192  answered: number of the last frame answered  int       worker
 *    256  worker sleeps                                int       worker sets, parent clears
 *    320  executing: number of the frame that runs, 0  int       worker
 *    384  beat: grows ten times a second               int       worker
 *    448  frames: depth x 64 bytes, of frame n in n % depth
 *   4096  regions
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
 * </pre>
 *
 * <p>Words that one side writes and the other waits for have a cache line of their own. Numbers
 * begin at 1 and wrap around; only their equality and their difference are used. All in the
 * machine's byte order. The worker never writes below 4096 but into its own words and answers; the
 * parent believes nothing that it reads there: it copies each word once and checks the copy.
 */
final class SlabLayout {
  static final int MAGIC = 0x4D505350;
  static final int VERSION = 1;

  static final int MAGIC_AT = 0;
  static final int VERSION_AT = 4;
  static final int DEPTH_AT = 8;
  static final int LENGTH_AT = 12;
  static final int ASKED_AT = 64;
  static final int PARENT_SLEEPS_AT = 128;
  static final int ANSWERED_AT = 192;
  static final int WORKER_SLEEPS_AT = 256;
  static final int EXECUTING_AT = 320;
  static final int BEAT_AT = 384;
  static final int FRAMES_AT = 448;
  static final int FRAME_BYTES = 64;
  static final int REGIONS_AT = 4096;
  static final int ALIGNMENT = 64;

  /** As many frames as fit below the regions. */
  static final int MOST_DEPTH = (REGIONS_AT - FRAMES_AT) / FRAME_BYTES;

  private SlabLayout() {}

  /** Where the frame of a number lies. */
  static int frameAt(int number, int depth) {
    return FRAMES_AT + Integer.remainderUnsigned(number, depth) * FRAME_BYTES;
  }

  /** The next multiple of {@link #ALIGNMENT}. */
  static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
