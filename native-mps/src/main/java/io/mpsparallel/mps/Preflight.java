package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What must be known before libtorch is loaded: two copies of it in one process abort the JVM in
 * their static initialisers, with no exception to catch. Reads {@code /proc/self/maps}; where there
 * is none, the check finds nothing. Pure but for that.
 */
final class Preflight {
  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final Pattern TORCH =
      Pattern.compile("lib(torch|torch_cpu|torch_cuda|c10|c10_cuda)(\\.\\d+)*\\.(so|dylib)[\\d.]*");
  private static final Pattern INTERESTING =
      Pattern.compile(
          "(lib(torch|c10|mkl|openblas|iomp|gomp|omp|cuda|cublas|cudnn|jnitorch)|torch_cpu|c10\\.dll)"
              + ".*");

  private Preflight() {}

  /** The files mapped into this process, in the order of their first appearance. */
  static List<String> mappedFiles() {
    if (!Files.isReadable(MAPS)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(MAPS)) {
      return lines.map(Preflight::pathIn).filter(path -> !path.isEmpty()).distinct().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** The path of one line: {@code 7f..-7f.. r-xp 00000000 08:01 123 /path}. */
  private static String pathIn(String line) {
    int slash = line.indexOf('/');
    return slash < 0 ? "" : line.substring(slash);
  }

  /** Of some files, those that are libtorch's own libraries. */
  static Set<String> torchLibraries(List<String> files) {
    Set<String> found = new LinkedHashSet<>();
    for (String file : files) {
      if (TORCH.matcher(fileName(file)).matches()) {
        found.add(file);
      }
    }
    return found;
  }

  /** Of some files, those that a person asking about the set-up wants to see. */
  static List<String> interesting(List<String> files) {
    return files.stream().filter(f -> INTERESTING.matcher(fileName(f)).matches()).toList();
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Refuses to go on if somebody else's libtorch is in the process already.
   *
   * @param mapped the files mapped into this process
   * @param own whether JavaCPP brought a file: then other code was faster, and nothing is loaded
   *     twice
   */
  static void refuseForeignTorch(List<String> mapped, Predicate<String> own) {
    Set<String> foreign = torchLibraries(mapped);
    foreign.removeIf(own);
    if (!foreign.isEmpty()) {
      throw new InferenceException(
          ErrorCode.NATIVE_UNAVAILABLE,
          "another libtorch is loaded in this process: "
              + foreign
              + "; a second one would abort the JVM. Use one of the two libraries (for instance DJL"
              + " or mps-parallel), or put one into a process of its own");
    }
  }

  /** Whether the libraries of one name come from more than one folder. */
  static boolean isLoadedTwice(Set<String> libraries) {
    Set<String> folders = new LinkedHashSet<>();
    for (String library : libraries) {
      if (fileName(library).startsWith("libtorch_cpu.")) {
        folders.add(library.substring(0, library.lastIndexOf('/')));
      }
    }
    return folders.size() > 1;
  }
}
