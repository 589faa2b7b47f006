package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ProcessSettings.Launch;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * The user's directory for what outlives a process, all of it for the user alone: class-data
 * archives, shared weights, what the JVM says of its crashes, and argument files for as long as a
 * start takes. Immutable, any thread.
 *
 * @param root the directory itself, which is there
 */
record CacheDirectory(Path root) {
  private static final String NAME = "mps-parallel";
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  /**
   * Makes the directory and its parts.
   *
   * @param setting {@code processes.launch.cache}
   * @throws InferenceException {@code WORKER_START_FAILED} if it cannot be made, or others can
   *     write to it
   */
  static CacheDirectory of(String setting) {
    if (!setting.equals(Launch.DEFAULT_CACHE)) {
      return made(Path.of(setting).toAbsolutePath());
    }
    try {
      return made(ofUser());
    } catch (InferenceException e) { // no home, or a read-only one
      Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
      return made(temporary.resolve(NAME + "-" + System.getProperty("user.name")));
    }
  }

  private static Path ofUser() {
    Path home = Path.of(System.getProperty("user.home", "."));
    if (System.getProperty("os.name").startsWith("Mac")) {
      return home.resolve("Library/Caches").resolve(NAME);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    boolean given = xdg != null && Path.of(xdg).isAbsolute();
    return (given ? Path.of(xdg) : home.resolve(".cache")).resolve(NAME);
  }

  private static CacheDirectory made(Path root) {
    try {
      makePrivate(root);
      for (String part : List.of("cds", "weights", "crashes", "run")) {
        makePrivate(root.resolve(part));
      }
      return new CacheDirectory(root);
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.WORKER_START_FAILED,
          "processes.launch.cache: " + root + " cannot be made: " + e.getMessage(),
          e);
    }
  }

  private static void makePrivate(Path directory) throws IOException {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(directory, posix ? ownerOnly() : new FileAttribute<?>[0]);
    }
    if (posix) {
      checkPrivate(directory);
    }
    if (!Files.isWritable(directory)) {
      throw new IOException(directory + " is not writable");
    }
  }

  private static FileAttribute<?>[] ownerOnly() {
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)};
  }

  /** What lies here is executed or mapped: nobody else may have put it there. */
  private static void checkPrivate(Path directory) throws IOException {
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(directory);
    if (WRITABLE_BY_OTHERS.stream().anyMatch(found::contains)) {
      throw new IOException(directory + " can be written by others");
    }
    Path probe = Files.createTempFile(directory, "owner", ".part");
    try {
      if (!Files.getOwner(probe).equals(Files.getOwner(directory))) {
        throw new IOException(directory + " belongs to " + Files.getOwner(directory));
      }
    } finally {
      Files.delete(probe);
    }
  }

  /** {@return where class-data archives are} */
  Path archives() {
    return root.resolve("cds");
  }

  /** {@return where models are in forms that workers share} */
  Path weights() {
    return root.resolve("weights");
  }

  /** {@return where the JVM writes what it knows of its crashes} */
  Path crashes() {
    return root.resolve("crashes");
  }

  /** {@return where argument files are until their process has read them} */
  Path run() {
    return root.resolve("run");
  }
}
