package io.mpsparallel.processes;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An executor over real workers, for tests, and what it may leave behind. */
final class RealPool implements AutoCloseable {
  private final Path directory;
  private final InferenceExecutor executor;

  RealPool(ExecutorSettings settings, Path directory) {
    this(settings, directory, new TroubledProvider());
  }

  RealPool(ExecutorSettings settings, Path directory, BackendProvider engine) {
    this.directory = directory;
    executor =
        InferenceExecutor.builder()
            .settings(settings)
            .strategy(new ProcessesProvider())
            .backend(engine)
            .build();
  }

  InferenceExecutor executor() {
    return executor;
  }

  LoadedModel load(String name) {
    return executor.load(FakeModels.write(directory, name));
  }

  /** An answer, which is to be the square. */
  static float inferred(LoadedModel model, float value) {
    try (Tensor x = Tensor.of(new float[] {value}, 1);
        InferenceResult result = model.infer(x)) {
      return result.tensor().toFloatArray()[0];
    }
  }

  static CompletableFuture<Float> submitted(LoadedModel model, float value) {
    return model
        .submit(Tensor.of(new float[] {value}, 1))
        .thenApply(
            result -> {
              try (result) {
                return result.tensor().toFloatArray()[0];
              }
            })
        .orTimeout(60, TimeUnit.SECONDS);
  }

  /** The processes that are there, those that start included. */
  static List<ProcessHandle> children() {
    return ProcessHandle.current().children().filter(ProcessHandle::isAlive).toList();
  }

  /** What is left of workers: processes, files, mappings, threads; empty if nothing is. */
  static List<String> leftovers() {
    return Stream.of(
            children().stream().map(child -> "process " + child.pid()),
            sharedFiles(),
            mappings(),
            threads())
        .flatMap(all -> all)
        .toList();
  }

  private static Stream<String> sharedFiles() {
    String ours = Segment.PREFIX + ProcessHandle.current().pid();
    try (Stream<Path> all = Files.list(Path.of("/dev/shm"))) {
      return all.map(String::valueOf).filter(file -> file.contains(ours)).toList().stream();
    } catch (IOException e) {
      return Stream.of();
    }
  }

  private static Stream<String> mappings() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains(Segment.PREFIX)).toList().stream();
    } catch (IOException e) {
      return Stream.of();
    }
  }

  private static Stream<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("mps-parallel-"))
        .filter(RealPool::outlives)
        .map(thread -> "thread " + thread.getName());
  }

  private static boolean outlives(Thread thread) {
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return thread.isAlive();
  }

  @Override
  public void close() {
    executor.close();
  }
}
