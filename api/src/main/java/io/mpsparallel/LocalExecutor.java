package io.mpsparallel;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.config.ModelDescription;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The executor of this process: one engine, one device, one strategy. */
final class LocalExecutor implements InferenceExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(LocalExecutor.class);

  private final Backend backend;
  private final boolean ownsBackend;
  private final Device device;
  private final ParallelismStrategy strategy;
  private final ExecutorSettings settings;
  private final Ticker ticker;
  private final List<StrategyModel> models = new ArrayList<>(); // guarded by this
  private boolean closed; // guarded by this

  LocalExecutor(
      Backend backend,
      boolean ownsBackend,
      Device device,
      ParallelismStrategy strategy,
      ExecutorSettings settings,
      Ticker ticker) {
    this.backend = backend;
    this.ownsBackend = ownsBackend;
    this.device = device;
    this.strategy = strategy;
    this.settings = settings;
    this.ticker = ticker;
  }

  @Override
  public LoadedModel load(Path file) {
    return load(ModelDescription.beside(requireNonNull(file, "file")));
  }

  @Override
  public LoadedModel load(ModelSource source) {
    requireNonNull(source, "source");
    checkOpen();
    Model model = backend.load(source, device);
    List<NamedTensors> warmUp = warmUpOf(model);
    StrategyModel loaded = new StrategyModel(this, model, version(model));
    makeMistakes();
    if (!added(loaded)) {
      warmUp.forEach(NamedTensors::close);
      loaded.close();
      throw closedError();
    }
    loaded.warmUp(warmUp, !source.warmUp().isNone());
    return loaded;
  }

  private synchronized boolean added(StrategyModel loaded) {
    return !closed && models.add(loaded);
  }

  /** The inputs of the warm-up shapes; a model that declarations do not fit is closed again. */
  private static List<NamedTensors> warmUpOf(Model model) {
    try {
      Padding padding = checkedPadding(model);
      Signature signature = padding.forCallers(model.signature());
      return model.source().warmUp().orFixed(signature).specs(signature).stream()
          .map(shapes -> padding.complete(WarmUp.inputs(shapes, signature), signature))
          .toList();
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static Padding checkedPadding(Model model) {
    try {
      model.source().padding().check(model.signature());
      return model.source().padding();
    } catch (InferenceException e) {
      throw new InferenceException(e.code(), model.source() + ": " + e.detail(), e);
    }
  }

  /** Here, so that a caller's first mistakes cost no class loading: it took milliseconds. */
  private static void makeMistakes() {
    InputSpec ids = InputSpec.of("ids", DType.INT64, 1).withRange(new IndexRange(0, 0));
    Signature signature = new Signature(List.of(ids), List.of());
    try (Tensor wrongShape = Tensor.of(new long[1]);
        Tensor outOfRange = Tensor.of(new long[] {1}, 1)) {
      makeMistake(signature, NamedTensors.of());
      makeMistake(signature, NamedTensors.of(wrongShape));
      makeMistake(signature, NamedTensors.of(outOfRange));
      makeMistake(signature, NamedTensors.of(List.of("other"), List.of(outOfRange)));
    }
  }

  private static void makeMistake(Signature signature, NamedTensors inputs) {
    try {
      signature.check(inputs);
    } catch (InferenceException expected) {
      LOG.trace("as expected", expected);
    }
  }

  private ModelVersion version(Model model) {
    ModelVersion[] self = new ModelVersion[1];
    self[0] =
        new ModelVersion(
            Map.of(device, model),
            () -> {
              try {
                strategy.forget(self[0]);
              } finally {
                model.close();
              }
            });
    return self[0];
  }

  ParallelismStrategy currentStrategy() {
    return strategy;
  }

  Ticker ticker() {
    return ticker;
  }

  synchronized void removed(StrategyModel model) {
    models.remove(model);
  }

  @Override
  public ExecutorSettings settings() {
    return settings;
  }

  @Override
  public String strategy() {
    return strategy.id();
  }

  @Override
  public StrategyStats stats() {
    return strategy.stats();
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public BackendReport report() {
    return backend.report();
  }

  @Override
  public void close() {
    List<StrategyModel> open;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      open = new ArrayList<>(models);
    }
    strategy.drain(settings.backendSettings().closeTimeout());
    try {
      open.forEach(StrategyModel::close);
    } finally {
      closeEngine();
    }
  }

  private void closeEngine() {
    try {
      strategy.close();
    } finally {
      if (ownsBackend) {
        backend.close();
      }
    }
  }

  private synchronized void checkOpen() {
    if (closed) {
      throw closedError();
    }
  }

  private static InferenceException closedError() {
    return new InferenceException(ErrorCode.CLOSED, "the executor was closed");
  }
}
