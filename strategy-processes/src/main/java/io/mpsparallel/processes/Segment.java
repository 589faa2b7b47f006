package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file that two processes map, and the mapping of this one. It is unmapped, at once, when the
 * last owner lets go: the link, whoever has a region of it, and every tensor over it that a caller
 * still holds. Any thread.
 *
 * <p>The file is written in full before it is mapped: if the file system has no room, that is an
 * error here, and not a SIGBUS for whoever touches the page first.
 */
final class Segment implements AutoCloseable {
  /** The largest: what a buffer can index, by whole pages. */
  static final int MOST_BYTES = Integer.MAX_VALUE & -4096;

  /** How the file's name begins, before the process id of its maker. */
  static final String PREFIX = "mps-parallel-slab-";

  private static final int CHUNK_BYTES = 1 << 20;
  private static final Set<StandardOpenOption> NEW =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
  private static final Set<StandardOpenOption> OLD =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);

  private final Path file;
  private final MappedByteBuffer mapping;
  private final AtomicInteger owners = new AtomicInteger(1);

  private Segment(Path file, MappedByteBuffer mapping) {
    this.file = file;
    this.mapping = mapping;
    mapping.order(ByteOrder.nativeOrder());
  }

  /**
   * Makes a file of mode 0600 and maps it; by the parent.
   *
   * @param directory {@code /dev/shm}, or a private directory
   * @param bytes at most {@link #MOST_BYTES}
   * @throws InferenceException {@code OUT_OF_MEMORY} if there is no room
   */
  static Segment create(Path directory, int bytes) {
    return createAt(directory.resolve(Leftovers.name(PREFIX, "-" + UUID.randomUUID())), bytes);
  }

  /** Makes another file beside this one, named by its number; by the parent. */
  Segment create(int number, int bytes) {
    return createAt(fileOf(number), bytes);
  }

  /** Maps a file that the parent made; by the worker. */
  static Segment open(Path file, int bytes) {
    try (FileChannel channel = FileChannel.open(file, OLD)) {
      if (channel.size() != bytes) {
        throw new IllegalStateException(
            file + ": " + channel.size() + " bytes (expected: " + bytes + ")");
      }
      return new Segment(file, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }

  /** Maps the file beside this one that has a number; by the worker. */
  Segment open(int number, int bytes) {
    return open(fileOf(number), bytes);
  }

  private Path fileOf(int number) {
    return file.resolveSibling(file.getFileName() + "-" + number);
  }

  private static Segment createAt(Path file, int bytes) {
    try (FileChannel channel = FileChannel.open(file, NEW, ownerOnly(file))) {
      fill(channel, bytes);
      return new Segment(file, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes));
    } catch (FileAlreadyExistsException e) {
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      delete(file);
      throw new InferenceException(
          ErrorCode.OUT_OF_MEMORY,
          bytes + " bytes of shared memory in " + file.getParent() + ": " + e.getMessage(),
          e);
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
    };
  }

  private static void fill(FileChannel channel, int bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(bytes, CHUNK_BYTES));
    try {
      for (int left = bytes; left > 0; ) {
        zeros.clear().limit(Math.min(left, zeros.capacity()));
        left -= channel.write(zeros);
      }
    } finally {
      Unmapper.free(zeros);
    }
  }

  /** Deletes the file, if it is still there; mappings stay. Idempotent. */
  void unlink() {
    delete(file);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }

  int length() {
    return mapping.capacity();
  }

  Path file() {
    return file;
  }

  /**
   * All of it, in the machine's byte order; while the caller is an owner. For access by absolute
   * offsets only: others use the same buffer.
   */
  ByteBuffer buffer() {
    return mapping;
  }

  /**
   * A part of it, in the machine's byte order; while the caller is an owner.
   *
   * @throws IndexOutOfBoundsException if it reaches out of the segment
   */
  ByteBuffer slice(int offset, int length) {
    return mapping.slice(offset, length).order(ByteOrder.nativeOrder());
  }

  /** One owner more; false if the last one has let go. */
  boolean retain() {
    for (int now = owners.get(); now > 0; now = owners.get()) {
      if (owners.compareAndSet(now, now + 1)) {
        return true;
      }
    }
    return false;
  }

  /** One owner less; the last one unmaps it. */
  @Override
  public void close() {
    if (owners.decrementAndGet() == 0) {
      Unmapper.free(mapping);
    }
  }
}
