package io.mpsparallel.mps;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.BackendReport.Problem;
import io.mpsparallel.settings.BackendSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;

/** What there is to say about libtorch on this machine. Used once. */
final class TorchReport {
  private final TorchRuntime runtime;
  private final BackendSettings settings;
  private final DeviceFinder finder;
  private final List<String> mapped = Preflight.mappedFiles();
  private final List<Problem> problems = new ArrayList<>();

  TorchReport(TorchRuntime runtime, BackendSettings settings, DeviceFinder finder) {
    this.runtime = runtime;
    this.settings = settings;
    this.finder = finder;
  }

  BackendReport make() {
    Map<String, String> facts = facts();
    checkBlas();
    checkMemoryLimit();
    checkVersions();
    checkEnvironment();
    return new BackendReport(facts, Preflight.interesting(mapped), problems);
  }

  private Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("libtorch", runtime.version());
    facts.put("presets", runtime.presets());
    facts.put("cpu capability", torch.get_cpu_capability().getString());
    facts.put("blas", TorchRuntime.blas());
    facts.put("blas threads", Integer.toString(runtime.blasThreads()));
    facts.put("intra-op threads", Integer.toString(settings.threads().intraOpOrGranted()));
    facts.put("cpus granted", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.put("omp threads", omp());
    facts.put("javacpp maxPhysicalBytes", Long.toString(Pointer.maxPhysicalBytes()));
    facts.put("jit profiling", Boolean.toString(torch.getProfilingMode().get()));
    facts.put("devices", finder.devices().toString());
    finder.missing().forEach((kind, why) -> facts.put("no " + kind, why));
    return facts;
  }

  private static String omp() {
    return String.valueOf(System.getenv().getOrDefault("OMP_NUM_THREADS", "not set"));
  }

  private void checkBlas() {
    boolean x86 = System.getProperty("os.arch").matches("amd64|x86_64");
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    if (!x86 || mac || TorchRuntime.blas().startsWith("MKL")) {
      return;
    }
    problems.add(
        TorchRuntime.isMklWanted()
            ? new Problem(
                "MKL was asked for, and OpenBLAS is in use",
                "put org.bytedeco:mkl with its -redist classifier on the class path:"
                    + " mps-parallel-native-mkl brings it",
                false)
            : new Problem(
                "OpenBLAS is in use; MKL is up to 5 times as fast for one row on x86-64",
                "add io.mpsparallel:mps-parallel-native-mkl to the class path",
                false));
  }

  private void checkMemoryLimit() {
    if (Pointer.maxPhysicalBytes() != 0) {
      problems.add(
          new Problem(
              "JavaCPP checks the process's memory at every allocation (maxPhysicalBytes is "
                  + Pointer.maxPhysicalBytes()
                  + ")",
              "start Java with -Dorg.bytedeco.javacpp.maxPhysicalBytes=0: some other code loaded"
                  + " JavaCPP before this library could say so",
              false));
    }
  }

  private void checkVersions() {
    if (!runtime.presets().startsWith(runtime.version())) {
      problems.add(
          new Problem(
              "libtorch " + runtime.version() + " is loaded by presets " + runtime.presets(),
              "remove java.library.path and pathsFirst settings that bring another libtorch",
              true));
    }
    Set<String> torches = Preflight.torchLibraries(mapped);
    if (Preflight.isLoadedTwice(torches)) {
      problems.add(
          new Problem(
              "two copies of libtorch are loaded: " + torches,
              "keep one of the libraries that bring them, or put one into its own process",
              true));
    }
  }

  private void checkEnvironment() {
    String threads = System.getenv("OMP_NUM_THREADS");
    int wanted = settings.threads().intraOpOrGranted();
    if (threads != null && !threads.equals(Integer.toString(wanted))) {
      problems.add(
          new Problem(
              "OMP_NUM_THREADS is " + threads + ", and the settings say " + wanted,
              "the settings win on threads of this library; unset the variable to avoid doubt",
              false));
    }
  }
}
