package io.mpsparallel.processes;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The archive of classes that a worker's JVM maps instead of parsing them: one file for each class
 * path and JVM. The JVM itself compares jars and version, and ignores an archive that does not fit.
 * A JVM that ends before it reaches its main class, with an archive, makes it {@linkplain
 * #distrust() go}. Any thread.
 */
final class ClassDataArchive {
  private static final Logger LOG = LoggerFactory.getLogger(ClassDataArchive.class);
  private static final String SUFFIX = ".jsa";
  private static final String PART = "part-";
  private static final int KEPT = 8;

  private final Path directory;
  private final Path file;
  private final Path part;
  private final boolean possible;

  private ClassDataArchive(Path directory, String key, boolean possible) {
    this.directory = directory;
    file = directory.resolve(key + SUFFIX);
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
    Leftovers.sweep(directory, PART);
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

  /** {@return whether there is an archive} */
  boolean isThere() {
    return possible && Files.isRegularFile(file);
  }

  /** {@return whether one can be made, and is not there} */
  boolean isMissing() {
    return possible && !Files.isRegularFile(file);
  }

  /** {@return the option for a worker, or null while there is no archive} */
  @Nullable String useOption() {
    return isThere() ? "-XX:SharedArchiveFile=" + file : null;
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
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis()));
        Leftovers.keepNewest(directory, SUFFIX, KEPT);
      }
    } catch (IOException e) {
      LOG.debug("{} is not kept: {}", part, e.toString());
    }
    Leftovers.delete(part);
    return isThere();
  }

  /** Something about it is wrong: later starts do without. */
  void distrust() {
    LOG.warn("{}: a worker did not start with this class-data archive, which is deleted", file);
    Leftovers.delete(file);
  }
}
