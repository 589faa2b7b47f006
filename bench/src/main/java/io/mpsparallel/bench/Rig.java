package io.mpsparallel.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.config.HoconSettings;
import io.mpsparallel.settings.ExecutorSettings;
import java.nio.file.Path;
import java.util.List;

/**
 * An executor with one model in it.
 *
 * @param executor runs the model
 * @param model the model
 */
record Rig(InferenceExecutor executor, LoadedModel model) implements AutoCloseable {
  /**
   * Opens an executor as a program does, from settings and what is on the class path.
   *
   * @param file the model
   * @param settings such as {@code lanes.count=2}; the later ones win
   * @return an open rig that the caller closes
   */
  static Rig open(Path file, List<String> settings) {
    InferenceExecutor executor = InferenceExecutor.builder().settings(parse(settings)).build();
    try {
      return new Rig(executor, executor.load(file));
    } catch (RuntimeException e) {
      executor.close();
      throw e;
    }
  }

  private static ExecutorSettings parse(List<String> settings) {
    Config all = ConfigFactory.empty();
    for (String setting : settings) {
      all = ConfigFactory.parseString(HoconSettings.ROOT + "." + setting).withFallback(all);
    }
    return HoconSettings.parse(all.withFallback(ConfigFactory.load()).resolve());
  }

  @Override
  public void close() {
    model.close();
    executor.close();
  }
}
