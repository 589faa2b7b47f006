package io.mpsparallel;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.StrategyStats;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs models for many callers at once. Any thread. Whoever makes it closes it; that closes the
 * models in it as well.
 *
 * <pre>{@code
 * try (InferenceExecutor executor = InferenceExecutor.builder().build();
 *     LoadedModel model = executor.load(Path.of("encoder.pt"));
 *     Tensor pixels = Tensor.of(values, 1, 3, 224, 224);
 *     InferenceResult result = model.infer(pixels)) {
 *   float[] scores = result.tensor().toFloatArray();
 * }
 * }</pre>
 */
public interface InferenceExecutor extends AutoCloseable {
  /** {@return a builder with default settings, which finds what is installed on the class path} */
  static InferenceExecutorBuilder builder() {
    return new InferenceExecutorBuilder();
  }

  /**
   * Loads a model, with what {@code NAME.json} beside it declares about its inputs and outputs.
   *
   * @param file the model file
   * @return a model that the caller closes
   * @throws io.mpsparallel.error.InferenceException {@code MODEL_NOT_FOUND}, {@code MODEL_INVALID},
   *     {@code UNSUPPORTED_VALUE}, {@code CONFIG_INVALID} for a bad {@code NAME.json}, {@code
   *     OUT_OF_MEMORY}, or {@code CLOSED}
   */
  LoadedModel load(Path file);

  /**
   * Loads a model.
   *
   * @param source the model file and what is declared about it; no other file is looked at
   * @return a model that the caller closes
   * @throws io.mpsparallel.error.InferenceException as above
   */
  LoadedModel load(ModelSource source);

  /**
   * Works by other settings from now on, another strategy included, while requests go on: none is
   * lost and none answered twice. What is new is opened, loaded and warmed up first; then requests
   * go there; then what is old finishes what it has, and is closed. Where the engine's own settings
   * and the device stay as they are, and it is not in other processes, models are not loaded again;
   * else there are two copies for a while. One change at a time; it blocks until it is done.
   *
   * @param settings the new settings, such as of {@code HoconSettings.parse}
   * @throws io.mpsparallel.error.InferenceException as {@link InferenceExecutorBuilder#build} and
   *     {@link #load(ModelSource)}, if what is asked for cannot be had; then all goes on as before.
   *     {@code STREAMS_EXHAUSTED} if there are too few for old and new lanes at once, {@code
   *     MISUSE} in a continuation on a lane, {@code CLOSED}
   */
  void reconfigure(ExecutorSettings settings);

  /** {@return the settings it works by} */
  ExecutorSettings settings();

  /** {@return the id of the strategy in use} */
  String strategy();

  /** {@return what the strategy is doing: lanes, waiting requests, answers} */
  StrategyStats stats();

  /**
   * {@return what the strategy {@code adaptive} decided about kinds of work and why, the latest
   * last, as far back as is kept; empty for other strategies}
   */
  List<Decision> decisions();

  /**
   * {@return what it is doing: readiness, places, models, what became of requests, lanes and queue}
   * Cheap enough to be asked every second.
   */
  ExecutorSnapshot snapshot();

  /**
   * Has somebody told how long each request took, from now on. While there is nobody, no clock is
   * read.
   *
   * @param observer who
   */
  void observe(RequestObserver observer);

  /**
   * Has somebody not told any more.
   *
   * @param observer who was
   */
  void ignore(RequestObserver observer);

  /** {@return the devices in use, at least one} */
  List<Device> devices();

  /** {@return the first of the devices in use} */
  default Device device() {
    return devices().get(0);
  }

  /** {@return what the engine says about itself and this machine} */
  BackendReport report();

  /**
   * Refuses new requests, answers those that wait as far as the close timeout allows, fails the
   * rest with {@code CLOSED}, and frees everything. On a lane, in a continuation, it waits for
   * nothing: all that waits fails. Idempotent.
   */
  @Override
  void close();
}
