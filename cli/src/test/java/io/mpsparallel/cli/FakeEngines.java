package io.mpsparallel.cli;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Fake backends behind the real executor, strategy and settings. */
final class FakeEngines implements Engines {
  final List<ExecutorSettings> settings = new ArrayList<>();
  final FakeBackendProvider provider;

  FakeEngines() {
    this(builder -> builder);
  }

  FakeEngines(UnaryOperator<FakeBackendBuilder> parts) {
    provider = new FakeBackendProvider("fake", parts);
  }

  @Override
  public InferenceExecutor executor(ExecutorSettings chosen) {
    settings.add(chosen);
    return InferenceExecutor.builder()
        .settings(chosen)
        .backend(provider)
        .strategy(new SingleLaneProvider())
        .build();
  }

  @Override
  public List<String> strategies() {
    return List.of(SingleLaneProvider.ID);
  }

  @Override
  public List<String> compared() {
    return strategies();
  }

  @Override
  public Backend backend(BackendSettings chosen) {
    return provider.open(chosen);
  }

  /** A file that stands for the function {@code mlp-WIDTH-...} of the fake backend. */
  @Override
  public void writeMlp(Path file, long seed, int... widths) {
    StringBuilder name = new StringBuilder("mlp");
    for (int width : widths) {
      name.append('-').append(width);
    }
    write(file, name.toString());
  }

  /** A file that stands for the function {@code script}. */
  @Override
  public void writeScript(Path file, String source) {
    write(file, "script");
  }

  private static void write(Path file, String name) {
    try {
      Path folder = Files.createTempDirectory(file.getParent(), "fake");
      Path written = FakeModels.write(folder, name);
      Files.move(written, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
