package io.mpsparallel.mps;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A checksum at the end of a file: 8 bytes that say so, and the CRC-32C of all bytes before them,
 * in 8 bytes. It finds damage, not forgery. Readers of flatbuffers do not mind bytes at the end.
 */
final class Seal {
  private static final long MAGIC = 0x4d50_5350_4352_4331L; // MPSPCRC1
  private static final int LENGTH = 2 * Long.BYTES;
  private static final int CHUNK = 1 << 20;

  /** What is known about a file. */
  enum State {
    /** It has no checksum. */
    NONE,
    /** Its checksum is another one. */
    BROKEN,
    /** Its checksum is right. */
    WHOLE
  }

  private Seal() {}

  /** Adds the checksum to a file. */
  static void add(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      ByteBuffer seal = ByteBuffer.allocate(LENGTH).putLong(MAGIC).putLong(crc(channel, size));
      seal.flip();
      while (seal.hasRemaining()) {
        channel.write(seal, size + seal.position());
      }
    }
  }

  /** Compares; reads the whole file. */
  static State check(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size() - LENGTH;
      if (size < 0) {
        return State.NONE;
      }
      ByteBuffer seal = ByteBuffer.allocate(LENGTH);
      while (seal.hasRemaining() && channel.read(seal, size + seal.position()) >= 0) {}
      if (seal.getLong(0) != MAGIC) {
        return State.NONE;
      }
      return seal.getLong(Long.BYTES) == crc(channel, size) ? State.WHOLE : State.BROKEN;
    }
  }

  private static long crc(FileChannel channel, long size) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(CHUNK, size));
    for (long at = 0; at < size; ) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), size - at));
      int read = channel.read(chunk, at);
      if (read < 0) {
        return -1; // it shrinks while it is read
      }
      crc.update(chunk.flip());
      at += read;
    }
    return crc.getValue();
  }
}
