package io.mpsparallel.processes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears up what processes left that were killed between making a file and deleting it. Such files
 * have the process id of their maker in their name, and when it was started. Pure but for the
 * files; any thread.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  /** By how much two looks at the start of one process may differ, since the clock is set. */
  private static final long SAME_START_SECONDS = 5;

  private Leftovers() {}

  /** A name for a file of this process, unlike any other. */
  static String name(String prefix, String suffix) {
    ProcessHandle self = ProcessHandle.current();
    return prefix
        + self.pid()
        + "-"
        + startSeconds(self)
        + "-"
        + Long.toHexString(System.nanoTime())
        + suffix;
  }

  /** When a process was started; 0 if nobody knows. */
  private static long startSeconds(ProcessHandle process) {
    return process.info().startInstant().map(Instant::getEpochSecond).orElse(0L);
  }

  /**
   * Deletes the files of a name whose makers do not run any more.
   *
   * @param least how old they are at least: a maker may run where its id means nothing here, as in
   *     another container
   */
  static void sweep(Path directory, String prefix, Duration least) {
    Pattern form = Pattern.compile(Pattern.quote(prefix) + "(\\d{1,18})-(\\d{1,18})-.*");
    Instant youngest = Instant.now().minus(least);
    for (Path file : list(directory, name -> name.startsWith(prefix))) {
      Matcher matcher = form.matcher(String.valueOf(file.getFileName()));
      if (matcher.matches()
          && !runs(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)))
          && age(file).toInstant().isBefore(youngest)) {
        delete(file);
      }
    }
  }

  /** Whether the process runs that had this id and was started then. */
  private static boolean runs(long pid, long startedSeconds) {
    ProcessHandle process = ProcessHandle.of(pid).orElse(null);
    if (process == null) {
      return false;
    }
    long started = startSeconds(process);
    return started == 0
        || startedSeconds == 0
        || Math.abs(started - startedSeconds) <= SAME_START_SECONDS;
  }

  /** Deletes all but the newest files whose names end in some way. */
  static void keepNewest(Path directory, String suffix, int most) {
    List<Path> files = list(directory, name -> name.endsWith(suffix));
    files.sort(Comparator.comparing(Leftovers::age));
    for (int i = 0; i < files.size() - most; i++) {
      delete(files.get(i));
    }
  }

  private static FileTime age(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0); // gone already
    }
  }

  /** The files of a directory whose names are wanted. */
  static List<Path> list(Path directory, Predicate<String> wanted) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path file : stream) {
        if (wanted.test(String.valueOf(file.getFileName()))) {
          files.add(file);
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      LOG.debug("{}: {}", directory, e.toString());
    }
    return files;
  }

  /** Deletes a file, if it is there and may be deleted. */
  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("{} stays: {}", file, e.toString());
    }
  }
}
