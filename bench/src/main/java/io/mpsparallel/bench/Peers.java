package io.mpsparallel.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Starts the processes of others that scenarios compare with. The naive pool has the class path of
 * this process; DJL and ONNX Runtime have class paths of their own, which the modules below {@code
 * bench/peers} leave behind when they are built, so that no process has two engines.
 */
final class Peers {
  /** The property that says where {@code bench/peers} is. */
  static final String FOLDER = "bench.peers";

  private Peers() {}

  /**
   * Starts the naive pool.
   *
   * @param model in TorchScript
   * @param blas which linear algebra it must get
   * @throws IllegalStateException if it ends, or gets other linear algebra
   */
  static PeerChild naive(Path model, Blas blas) {
    List<String> main = List.of(NaivePool.class.getName(), model.toString());
    String classPath = System.getProperty("java.class.path");
    PeerChild child = PeerChild.start("the naive pool", classPath, blas.flags(), main);
    if (!child.facts().equals(blas.label())) {
      child.close();
      throw new IllegalStateException(
          "BLAS: " + child.facts() + " (expected: " + blas.label() + ")");
    }
    return child;
  }

  /**
   * Starts DJL with its PyTorch engine, which may fetch nothing and tell nobody.
   *
   * @param model in TorchScript
   * @param flags its settings, which are system properties
   */
  static PeerChild djl(Path model, List<String> flags) {
    Path cache = folder().resolve("djl/target/cache");
    List<String> all =
        concat(
            List.of(
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-DDJL_CACHE_DIR=" + cache),
            flags);
    List<String> main = List.of("io.mpsparallel.bench.DjlPeer", model.toString());
    return PeerChild.start("DJL", classPath("djl"), all, main);
  }

  /**
   * Starts ONNX Runtime.
   *
   * @param model in ONNX
   * @param settings arguments of its main class
   */
  static PeerChild onnxRuntime(Path model, List<String> settings) {
    List<String> main =
        concat(List.of("io.mpsparallel.bench.OnnxRuntimePeer", model.toString()), settings);
    return PeerChild.start("ONNX Runtime", classPath("onnxruntime"), List.of(), main);
  }

  private static List<String> concat(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private static String classPath(String module) {
    Path target = folder().resolve(module).resolve("target");
    try {
      String libraries = Files.readString(target.resolve("classpath"));
      return target.resolve("classes") + File.pathSeparator + libraries.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(module + " was not built: mvn -Ppeers verify", e);
    }
  }

  private static Path folder() {
    String folder = System.getProperty(FOLDER);
    if (folder == null) {
      throw new IllegalStateException(
          FOLDER + ": not set (expected: the folder bench/peers; bin/mps-parallel sets it)");
    }
    return Path.of(folder);
  }
}
