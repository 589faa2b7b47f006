package io.mpsparallel.processes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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
 * have the process id of their maker in their name. Pure but for the files; any thread.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  private Leftovers() {}

  /** A name for a file of this process, unlike any other. */
  static String name(String prefix, String suffix) {
    return prefix
        + ProcessHandle.current().pid()
        + "-"
        + Long.toHexString(System.nanoTime())
        + suffix;
  }

  /** Deletes the files of a name whose makers do not run any more. */
  static void sweep(Path directory, String prefix) {
    Pattern form = Pattern.compile(Pattern.quote(prefix) + "(\\d{1,18})-.*");
    for (Path file : list(directory, name -> name.startsWith(prefix))) {
      Matcher matcher = form.matcher(String.valueOf(file.getFileName()));
      if (matcher.matches() && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()) {
        delete(file);
      }
    }
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
