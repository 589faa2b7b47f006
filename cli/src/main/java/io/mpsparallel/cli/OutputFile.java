package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files that will be written later. Any thread. */
final class OutputFile {
  /** What {@link #isWritable} wants, in words. */
  static final String EXPECTED = "a file that can be written, in a folder that exists";

  private OutputFile() {}

  /**
   * Whether a file can be written. That is tried, as permissions alone do not tell; what is in it
   * stays, and if it was not there it is not there afterwards.
   *
   * @param file the file
   * @return true if it can
   */
  static boolean isWritable(Path file) {
    boolean fresh = !Files.exists(file);
    try {
      Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      if (fresh) {
        Files.deleteIfExists(file);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** {@return whether two paths are the same, but for how they are written} */
  static boolean same(Path one, Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  /**
   * Writes one.
   *
   * @param file the file
   * @param text what is to be in it
   * @throws InferenceException {@code INVALID_INPUT} if it cannot be written
   */
  static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new InferenceException(ErrorCode.INVALID_INPUT, file + " cannot be written: " + e, e);
    }
  }
}
