package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder for the models that a command makes, gone when it is closed. One thread. */
final class WorkFolder implements AutoCloseable {
  private final Path path;

  /** Makes the folder. */
  WorkFolder() {
    try {
      path = Files.createTempDirectory("mps-parallel-");
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT, "no folder for temporary files: " + e.getMessage(), e);
    }
  }

  /**
   * A file in the folder.
   *
   * @param name its name
   * @return its path; nothing is written
   */
  Path file(String name) {
    return path.resolve(name);
  }

  @Override
  public void close() {
    try (Stream<Path> tree = Files.walk(path)) {
      List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
      for (Path each : deepestFirst) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      path.toFile().deleteOnExit(); // Windows keeps files that are still mapped
    }
  }
}
