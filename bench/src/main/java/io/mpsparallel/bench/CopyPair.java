package io.mpsparallel.bench;

import java.nio.ByteBuffer;

/**
 * Copies 4 MB from one buffer to another and back: on one thread, or the way back on another, which
 * spins for its turn. One thread calls.
 */
final class CopyPair implements AutoCloseable {
  static final int BYTES = 4 << 20;

  private final ByteBuffer here = ByteBuffer.allocateDirect(BYTES);
  private final ByteBuffer there = ByteBuffer.allocateDirect(BYTES);
  private final Thread other = new Thread(this::comeBack, "copies");
  private volatile boolean away;
  private volatile boolean over;

  /** Starts the other thread. */
  void start() {
    other.start();
  }

  /** Both copies on this thread. */
  void bothHere(long request) {
    there.put(0, here, 0, BYTES);
    here.put(0, there, 0, BYTES);
  }

  /** One copy on this thread, the other on the other. */
  void thereAndBack(long request) {
    there.put(0, here, 0, BYTES);
    away = true;
    while (away) {
      Thread.onSpinWait();
    }
  }

  private void comeBack() {
    while (!over) {
      if (away) {
        here.put(0, there, 0, BYTES);
        away = false;
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    over = true;
  }
}
