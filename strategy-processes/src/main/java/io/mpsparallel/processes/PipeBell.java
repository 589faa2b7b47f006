package io.mpsparallel.processes;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A bell over the two control pipes of a child. */
final class PipeBell implements Bell {
  private static final int LOOK = 1;

  private final InputStream in;
  private final OutputStream out;
  private final byte[] heard = new byte[64];

  /** Over streams, which it closes: in the parent those of the {@code Process}. */
  PipeBell(InputStream in, OutputStream out) {
    this.in = in;
    this.out = out;
  }

  /**
   * Over the pipes 3 (in) and 4 (out) that a worker has from its parent.
   *
   * @throws IOException if they are not there
   */
  static PipeBell inherited() throws IOException {
    return new PipeBell(new FileInputStream("/dev/fd/3"), new FileOutputStream("/dev/fd/4"));
  }

  @Override
  public void ring() {
    try {
      synchronized (out) {
        out.write(LOOK);
        out.flush();
      }
    } catch (IOException e) {
      // The other side is gone: whoever waits for it reads the end of the other pipe.
    }
  }

  @Override
  public boolean sleep() {
    try {
      return in.read(heard) > 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try (in;
        out) {
      // only closed
    } catch (IOException e) {
      // a byte that nobody will read
    }
  }
}
