package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts {@link FakeWorker}s, and remembers them. What is held, fails or dies is said here, for
 * workers to come as well. Any thread.
 */
final class FakeLauncher implements Launcher {
  final List<FakeWorker> started = new ArrayList<>(); // guarded by this
  final AtomicInteger starts = new AtomicInteger();
  final AtomicInteger archives = new AtomicInteger();
  private final ConcurrentLinkedQueue<Consumer<FakeWorker>> scripts = new ConcurrentLinkedQueue<>();
  private final java.util.Set<Float> deadly = ConcurrentHashMap.newKeySet();
  private final java.util.Set<Float> stealthy = ConcurrentHashMap.newKeySet();
  private final java.util.Set<Float> poisonous = ConcurrentHashMap.newKeySet();
  volatile List<Device> devices = List.of(Device.CPU); // of the engine
  private volatile boolean refusing;
  private volatile boolean held;
  private volatile boolean closed;

  @Override
  public synchronized CompletableFuture<WorkerProcess> start(String name, int depth) {
    starts.incrementAndGet();
    if (refusing || closed) {
      return CompletableFuture.failedFuture(
          new InferenceException(ErrorCode.WORKER_START_FAILED, name + ": scripted"));
    }
    FakeWorker worker = new FakeWorker(this, 1000 + starts.get(), depth);
    Consumer<FakeWorker> script = scripts.poll();
    if (script != null) {
      script.accept(worker);
    }
    started.add(worker);
    return CompletableFuture.completedFuture(worker);
  }

  /** What is done with the worker that is started next. */
  void withNext(Consumer<FakeWorker> script) {
    scripts.add(script);
  }

  /** Whether starts fail from now on. */
  void refuse(boolean refuses) {
    refusing = refuses;
  }

  /** From now on forwards run until {@link #release}. */
  void hold() {
    held = true;
  }

  boolean isHolding() {
    return held;
  }

  void release() {
    held = false;
    all().forEach(FakeWorker::look);
  }

  /** A forward whose first input begins with this crashes its worker. */
  void makeDeadly(float value) {
    deadly.add(value);
  }

  /** A forward whose first input begins with this kills its worker, which says that it ran none. */
  void makeStealthy(float value) {
    makeDeadly(value);
    stealthy.add(value);
  }

  /**
   * A forward whose first input begins with this makes its worker's device unusable: the worker
   * says so at the end of whichever forward is its first, and exits.
   */
  void makePoisonous(float value) {
    poisonous.add(value);
  }

  boolean isPoisonous(float value) {
    return poisonous.contains(value);
  }

  boolean isStealthy(float value) {
    return stealthy.contains(value);
  }

  boolean isDeadly(float value) {
    return deadly.contains(value);
  }

  synchronized List<FakeWorker> all() {
    return List.copyOf(started);
  }

  List<FakeWorker> living() {
    return all().stream().filter(FakeWorker::isAlive).toList();
  }

  /** The worker that runs a forward, once there is one. */
  FakeWorker awaitExecuting() {
    await(() -> executing() != null);
    FakeWorker found = executing();
    return found == null ? awaitExecuting() : found;
  }

  private @Nullable FakeWorker executing() {
    return living().stream().filter(FakeWorker::isRunning).findFirst().orElse(null);
  }

  /** Waits until something is so; fails if that takes too long. */
  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("it did not come to be");
      }
      LockSupport.parkNanos(100_000);
    }
  }

  @Override
  public void engineOpened() {}

  @Override
  public CompletableFuture<Boolean> makeArchive(String engine, @Nullable ModelSource model) {
    archives.incrementAndGet();
    return CompletableFuture.completedFuture(true);
  }

  @Override
  public Path weights() {
    return Path.of("weights");
  }

  @Override
  public void close() {
    closed = true;
    all().forEach(FakeWorker::kill);
  }
}
