package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A checksum by which workers see that they load the same file: its length and its CRC-32C. It
 * finds damage, and a file that was replaced between two starts; it is no protection against
 * forgery, for which a worker, compiled for a quick start, would need seconds: SHA-256 of 201 MB
 * takes 2.4 s there, this 24 ms. Pure but for reading; any thread.
 */
final class FileDigest {
  /** Not known yet: whoever loads the file first says what it is. */
  static final String UNKNOWN = "";

  private static final int CHUNK_BYTES = 256 << 10;

  private FileDigest() {}

  /**
   * Reads the whole file.
   *
   * @return the digest, such as {@code crc32c-1048576-9a3c01ff}
   * @throws InferenceException {@code MODEL_NOT_FOUND}
   */
  static String of(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return digest(channel);
    } catch (IOException e) {
      throw new InferenceException(ErrorCode.MODEL_NOT_FOUND, file + ": cannot be read", e);
    }
  }

  private static String digest(FileChannel channel) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    CRC32C crc = new CRC32C();
    long length = 0;
    try {
      for (int read = channel.read(chunk); read >= 0; read = channel.read(chunk.clear())) {
        length += read;
        crc.update(chunk.flip());
      }
    } finally {
      Unmapper.free(chunk);
    }
    return "crc32c-" + length + "-" + Long.toHexString(crc.getValue());
  }

  /**
   * Reads the file and compares.
   *
   * @param expected the digest, or {@link #UNKNOWN}
   * @return the digest
   * @throws InferenceException {@code MODEL_INVALID} if it is another file, {@code MODEL_NOT_FOUND}
   */
  static String check(Path file, String expected) {
    String found = of(file);
    if (!expected.equals(UNKNOWN) && !expected.equals(found)) {
      throw new InferenceException(
          ErrorCode.MODEL_INVALID,
          file
              + ": "
              + found
              + " (expected: "
              + expected
              + "); it was changed or damaged since it"
              + " was loaded first: close the model and load it again");
    }
    return found;
  }
}
