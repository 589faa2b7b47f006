package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ThreadSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libtorch in this process: loaded once, in the right order, and its process-wide switches.
 *
 * <p>The order: system properties that JavaCPP reads in its static initialisers, then the check for
 * a foreign libtorch, then loading under a lock that all processes of this user share (two
 * processes that unpack the native cache at once abort; those that only read it load side by side),
 * then the threads of the linear-algebra library, then the JIT's profiling, which is switched off:
 * it compiles twice for each module and shape, and gains nothing in the steady state of the models
 * measured. Any thread.
 */
final class TorchRuntime {
  private static final Logger LOG = LoggerFactory.getLogger(TorchRuntime.class);
  private static final String MAX_PHYSICAL_BYTES = "org.bytedeco.javacpp.maxPhysicalBytes";
  private static final String BLAS = "org.bytedeco.openblas.load";
  private static final String MKL_MARKER = "META-INF/mps-parallel/mkl.properties";
  private static final String LOCK_FILE = "mps-parallel.lock";

  /** Set to {@code unpacked} by who knows that another process has loaded the same natives. */
  private static final String NATIVES = "io.mpsparallel.natives";

  private static final Pattern VERSION = Pattern.compile("TORCH_VERSION=([^,\\s]+)");

  private static @Nullable TorchRuntime loaded;
  private static @Nullable String failure;

  private final String version;
  private final String presets;
  private final Set<Object> users = Collections.newSetFromMap(new IdentityHashMap<>());
  private int blasThreads;

  private TorchRuntime(String version, String presets) {
    this.version = version;
    this.presets = presets;
  }

  /**
   * Loads libtorch, or says again why it cannot be loaded.
   *
   * @throws InferenceException {@code NATIVE_UNAVAILABLE}
   */
  static synchronized TorchRuntime load() {
    if (failure != null) {
      throw new InferenceException(ErrorCode.NATIVE_UNAVAILABLE, failure);
    }
    if (loaded == null) {
      try {
        loaded = loadNow();
      } catch (InferenceException e) {
        failure = stripped(e);
        throw e;
      }
    }
    return loaded;
  }

  private static String stripped(InferenceException e) {
    return String.valueOf(e.getMessage()).replaceFirst("^" + e.code() + ": ", "");
  }

  private static TorchRuntime loadNow() {
    setProperties();
    Preflight.refuseForeignTorch(Preflight.mappedFiles(), TorchRuntime::isJavaCpps);
    try {
      loadLocked();
      torch.getProfilingMode().put(false);
      return new TorchRuntime(readVersion(), Loader.getVersion("org.bytedeco", "pytorch"));
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      throw new InferenceException(
          ErrorCode.NATIVE_UNAVAILABLE,
          "libtorch cannot be loaded on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + ": "
              + e.getMessage()
              + "; see that org.bytedeco:pytorch, openblas and javacpp are on the class path with"
              + " the classifier of this platform",
          e);
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.NATIVE_UNAVAILABLE, "libtorch cannot be unpacked: " + e.getMessage(), e);
    }
  }

  /** Only what nobody else has set: an explicit property wins. */
  private static void setProperties() {
    if (System.getProperty(MAX_PHYSICAL_BYTES) == null
        && System.getProperty(MAX_PHYSICAL_BYTES.toLowerCase(java.util.Locale.ROOT)) == null) {
      System.setProperty(MAX_PHYSICAL_BYTES, "0");
    }
    ClassLoader loader = TorchRuntime.class.getClassLoader();
    if (System.getProperty(BLAS) == null
        && loader != null
        && loader.getResource(MKL_MARKER) != null) {
      System.setProperty(BLAS, "mkl");
    }
  }

  /** Whether JavaCPP loaded a file, or keeps it in its cache. */
  private static boolean isJavaCpps(String file) {
    try {
      return Loader.getLoadedLibraries().containsValue(file)
          || Path.of(file).startsWith(Loader.getCacheDir().toPath());
    } catch (IOException e) {
      return false;
    }
  }

  private static void loadLocked() throws IOException {
    Path cache = Loader.getCacheDir().toPath();
    Files.createDirectories(cache);
    boolean reads = "unpacked".equals(System.getProperty(NATIVES));
    try (FileChannel channel =
            FileChannel.open(
                cache.resolve(LOCK_FILE),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        FileLock lock = channel.lock(0, Long.MAX_VALUE, reads)) {
      LOG.debug("loading libtorch under {}", lock);
      Loader.load(openblas_nolapack.class);
      Loader.load(torch.class);
    }
  }

  private static String readVersion() {
    try (BytePointer config = torch.show_config()) {
      Matcher matcher = VERSION.matcher(config.getString());
      return matcher.find() ? String.valueOf(matcher.group(1)) : "unknown";
    }
  }

  /**
   * Sets the threads of the linear-algebra library, for the whole process. The last of several
   * backends wins, with a warning if others are open.
   *
   * @param user the backend, until {@link #forget}
   * @param threads what it wants
   */
  synchronized void applyThreads(Object user, ThreadSettings threads) {
    int wanted = threads.blasOrIntraOp();
    users.add(user);
    if (blasThreads != wanted && users.size() > 1) {
      LOG.warn("BLAS threads: {} -> {}, for all backends of the process", blasThreads, wanted);
    }
    openblas_nolapack.blas_set_num_threads(wanted);
    torch.set_num_threads(threads.intraOpOrGranted()); // what threads not seen yet start with
    blasThreads = wanted;
  }

  /** Forgets a backend that was closed; the threads stay as they are. */
  synchronized void forget(Object user) {
    users.remove(user);
  }

  synchronized int blasThreads() {
    return blasThreads;
  }

  /** {@return libtorch's version, such as 2.10.0} */
  String version() {
    return version;
  }

  /** {@return the version of the JavaCPP presets, such as 2.10.0-1.5.13} */
  String presets() {
    return presets;
  }

  /** {@return whether MKL was asked for, by the artifact or by hand} */
  static boolean isMklWanted() {
    return String.valueOf(System.getProperty(BLAS)).startsWith("mkl");
  }

  /** {@return MKL or OpenBLAS, by the files that are really loaded} */
  static String blas() {
    return Preflight.mappedFiles().stream().anyMatch(f -> f.contains("libmkl_rt"))
        ? "MKL"
        : isMklWanted() && Preflight.mappedFiles().isEmpty() ? "MKL (asked for)" : "OpenBLAS";
  }
}
