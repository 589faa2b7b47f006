package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.processes.ProcessModel.ModelFacts;
import io.mpsparallel.processes.ProcessModel.ModelFile;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ThreadSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Speaks for the engine that workers have opened: its devices and facts, its models. This process
 * never loads the engine. Streams are the workers' own: asking for one is a {@code MISUSE} error.
 * Any thread.
 *
 * <p>Opening it starts the first worker and waits for it: it finds the device, unpacks the natives
 * while it is alone, and goes on as a worker like the others.
 */
final class ProcessBackend implements Backend {
  private final String engine;
  private final ProcessSettings settings;
  private final WorkerPool pool;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<Device, Capabilities> known = new ConcurrentHashMap<>();

  private ProcessBackend(String engine, ProcessSettings settings, WorkerPool pool) {
    this.engine = engine;
    this.settings = settings;
    this.pool = pool;
  }

  /** Opens an engine, by its id, in a worker. */
  static ProcessBackend open(String engine, ExecutorSettings settings, Launcher launcher) {
    WorkerPool pool = new WorkerPool(engine, settings, launcher);
    pool.open();
    return new ProcessBackend(engine, settings.processes(), pool);
  }

  /** The workers, for the strategy. */
  WorkerPool pool() {
    return pool;
  }

  @Override
  public String id() {
    return engine;
  }

  @Override
  public List<Device> devices() {
    return pool.devices();
  }

  /**
   * The worker's facts; but a caller's thread may always wait for a worker, and each worker has
   * streams and a gate of its own.
   */
  @Override
  public Capabilities capabilities(Device device) {
    return known.computeIfAbsent(device, this::ask);
  }

  private Capabilities ask(Device device) {
    if (!devices().contains(device)) {
      throw new InferenceException(
          ErrorCode.DEVICE_UNAVAILABLE, device + " (present: " + devices() + ")");
    }
    Capabilities facts = pool.ask(worker -> Questions.facts(worker.link(), device));
    return new Capabilities(
        Capabilities.UNLIMITED,
        ProcessSettings.MOST,
        facts.depth(),
        facts.asynchronous(),
        true,
        facts.weightsShareable(),
        facts.graphKey(),
        facts.dtypes(),
        facts.memoryBytes());
  }

  /**
   * Loads it in every worker of that device, now and in those to come; returns when the first has
   * it. What is asked may be a worker of another device: it loads it there, says what it found, and
   * lets go of it.
   */
  @Override
  public Model load(ModelSource source, Device device) {
    ModelFile file = fileOf(source, capabilities(device));
    int number = numbers.incrementAndGet();
    ModelFacts facts = pool.ask(worker -> worker.load(number, file));
    ModelFile checked = new ModelFile(file.source(), facts.digest());
    ProcessModel model =
        new ProcessModel(pool.members(), number, checked, source, device, facts, new AnswerSizes());
    pool.members().change(wanted -> wanted.with(model));
    return model;
  }

  private ModelFile fileOf(ModelSource source, Capabilities facts) {
    return settings.shareWeights() && facts.weightsShareable()
        ? pool.ask(worker -> Questions.share(worker.link(), source, pool.weights()))
        : new ModelFile(source, FileDigest.UNKNOWN);
  }

  @Override
  public ModelSource share(ModelSource source, Path directory) {
    return pool.ask(worker -> Questions.share(worker.link(), source, directory)).source();
  }

  @Override
  public void useThreads(ThreadSettings threads) {
    pool.members().change(wanted -> wanted.with(threads));
  }

  @Override
  public Stream acquireStream(Device device) {
    throw elsewhere();
  }

  @Override
  public Stream defaultStream(Device device) {
    throw elsewhere();
  }

  @Override
  public Event newEvent(Device device, boolean timed) {
    throw elsewhere();
  }

  @Override
  public void synchronize(Device device) {
    throw elsewhere();
  }

  private static InferenceException elsewhere() {
    return new InferenceException(
        ErrorCode.MISUSE, "streams are in the worker processes; only processes can run over them");
  }

  @Override
  public BackendReport report() {
    return pool.ask(worker -> Questions.report(worker.link()));
  }

  @Override
  public void close() {
    pool.close();
  }
}
