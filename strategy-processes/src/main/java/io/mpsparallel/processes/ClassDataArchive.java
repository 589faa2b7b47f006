package io.mpsparallel.processes;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The archive of classes that a worker's JVM maps instead of parsing them: one file for each class
 * path and JVM, with its checksum in its name. The JVM itself compares jars and version, and
 * ignores an archive that does not fit; but it can crash over one that is damaged, so whoever uses
 * one first compares the checksum. A JVM that ends before it reaches its main class, with an
 * archive, makes it {@linkplain #distrust() go}. Any thread.
 */
final class ClassDataArchive {
  private static final Logger LOG = LoggerFactory.getLogger(ClassDataArchive.class);
  private static final String SUFFIX = ".jsa";
  private static final String PART = "part-";
  private static final int KEPT = 8;

  /** How old a part is at least that nobody makes any more. */
  private static final Duration PART_LEAST = Duration.ofMinutes(10);

  private final Path directory;
  private final String key;
  private final Path part;
  private final boolean possible;
  private @Nullable Path checked; // guarded by this

  private ClassDataArchive(Path directory, String key, boolean possible) {
    this.directory = directory;
    this.key = key;
    part = directory.resolve(Leftovers.name(PART, SUFFIX));
    this.possible = possible;
  }

  /**
   * The archive for a class path, which may not be there yet.
   *
   * @param directory where archives are
   * @param wanted whether there is to be one at all
   */
  static ClassDataArchive of(Path directory, WorkerCommand.Inherited inherited, boolean wanted) {
    Leftovers.sweep(directory, PART, PART_LEAST);
    boolean possible = wanted && inherited.mainModule() == null && isJars(inherited.classPath());
    return new ClassDataArchive(directory, key(inherited), possible);
  }

  /** Directories that hold classes cannot be in an archive's class path. */
  private static boolean isJars(String classPath) {
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      if (Files.isDirectory(Path.of(entry))) {
        LOG.debug("no class-data archive: {} is a directory", entry);
        return false;
      }
    }
    return true;
  }

  private static String key(WorkerCommand.Inherited inherited) {
    StringBuilder text = new StringBuilder(System.getProperty("java.home"));
    text.append('|').append(System.getProperty("java.vm.version"));
    text.append('|').append(inherited.options());
    for (String entry : inherited.classPath().split(File.pathSeparator, -1)) {
      text.append('|').append(entry).append('|').append(stamp(Path.of(entry)));
    }
    return UUID.nameUUIDFromBytes(text.toString().getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static String stamp(Path entry) {
    try {
      return Files.size(entry) + "@" + Files.getLastModifiedTime(entry).toMillis();
    } catch (IOException e) {
      return "absent";
    }
  }

  /** {@return whether one can be made, and is not there} */
  boolean isMissing() {
    return possible && file() == null;
  }

  /** The archive; null if there is none that is whole. */
  private synchronized @Nullable Path file() {
    if (checked == null || !Files.exists(checked)) {
      checked = possible ? find() : null;
    }
    return checked;
  }

  private @Nullable Path find() {
    for (Path found : Leftovers.list(directory, name -> name.startsWith(key))) {
      if (found.equals(named(FileDigest.of(found)))) {
        return found;
      }
      LOG.warn("{}: damaged, and deleted; it is made anew", found);
      Leftovers.delete(found);
    }
    return null;
  }

  private Path named(String digest) {
    return directory.resolve(key + "-" + digest + SUFFIX);
  }

  /** {@return the option for a worker, or null while there is no archive} */
  @Nullable String useOption() {
    Path file = file();
    return file == null ? null : "-XX:SharedArchiveFile=" + file;
  }

  /** {@return the option for the process that makes it, as it ends} */
  String makeOption() {
    return "-XX:ArchiveClassesAtExit=" + part;
  }

  /**
   * The process that was to make it has ended.
   *
   * @param well whether it ended as it should
   * @return whether there is an archive now
   */
  boolean made(boolean well) {
    try {
      if (well && Files.isRegularFile(part)) {
        Files.move(part, named(FileDigest.of(part)), StandardCopyOption.ATOMIC_MOVE);
        Leftovers.keepNewest(directory, SUFFIX, KEPT);
      }
    } catch (IOException e) {
      LOG.debug("{} is not kept: {}", part, e.toString());
    }
    Leftovers.delete(part);
    return file() != null;
  }

  /** Something about it is wrong: later starts do without. */
  synchronized void distrust() {
    if (checked != null) {
      LOG.warn("{}: a worker did not start with this archive of classes; deleted", checked);
      Leftovers.delete(checked);
      checked = null;
    }
  }
}
