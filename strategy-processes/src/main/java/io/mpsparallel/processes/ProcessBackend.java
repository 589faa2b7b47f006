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
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ThreadSettings;
import java.nio.file.Path;
import java.util.List;

/**
 * Speaks for the engine that workers have opened: its devices and facts, its models. This process
 * never loads the engine. Streams are the workers' own: asking for one is a {@code MISUSE} error.
 * Any thread.
 *
 * <p>Opening it starts the first worker and waits for it: it finds the device, unpacks the natives
 * while it is alone, and goes on as a worker like the others.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class ProcessBackend implements Backend {
  private final String engine;
  private final Members members;

  ProcessBackend(String engine, ExecutorSettings settings) {
    this.engine = engine;
    members = new Members(engine, settings);
  }

  /** The workers, for the strategy. */
  Members members() {
    return members;
  }

  @Override
  public String id() {
    return engine;
  }

  @Override
  public List<Device> devices() {
    throw new UnsupportedOperationException("to be built");
  }

  /** The worker's facts; but a caller's thread may always wait for a worker, and must. */
  @Override
  public Capabilities capabilities(Device device) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Loads it in every worker, now and in those to come; returns when the first has it. */
  @Override
  public Model load(ModelSource source, Device device) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public ModelSource share(ModelSource source, Path directory) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void useThreads(ThreadSettings threads) {
    throw new UnsupportedOperationException("to be built");
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
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void close() {
    members.close();
  }
}
