package io.mpsparallel.adaptive;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.resilience.SiteBreaker;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Relay;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.Warden;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A strategy over an engine of its own, as of worker processes, which has its own copy of every
 * model that it serves. What fails through the fault of that place runs at home instead; if too
 * much does, all of it for a while. Any thread; one loads models.
 */
final class Elsewhere implements ParallelismStrategy {
  private final Backend engine;
  private final List<Device> devices;
  private final ParallelismStrategy strategy;
  private final ParallelismStrategy home;
  private final SiteBreaker breaker;
  private final Map<ModelVersion, ModelVersion> copies = new ConcurrentHashMap<>();
  private final AtomicLong failures = new AtomicLong();
  private volatile boolean closed;

  /**
   * A place without models.
   *
   * @param engine its engine, owned from now on
   * @param devices the devices there
   * @param strategy what runs there, not started, owned from now on
   * @param home where requests run if they fail here; it outlives this
   * @param breaker whether this place is left alone
   */
  Elsewhere(
      Backend engine,
      List<Device> devices,
      ParallelismStrategy strategy,
      ParallelismStrategy home,
      SiteBreaker breaker) {
    this.engine = engine;
    this.devices = devices;
    this.strategy = strategy;
    this.home = home;
    this.breaker = breaker;
  }

  @Override
  public String id() {
    return strategy.id();
  }

  @Override
  public void start() {
    strategy.start();
  }

  // ---- models ----

  /**
   * Loads a copy of a model, if there is none.
   *
   * @return whether there was none
   * @throws InferenceException if it cannot be loaded here
   */
  boolean load(ModelVersion version) {
    if (has(version)) {
      return false;
    }
    Map<Device, Model> models = new LinkedHashMap<>();
    try {
      devices.forEach(device -> models.put(device, engine.load(version.any().source(), device)));
    } catch (RuntimeException e) {
      models.values().forEach(Model::close);
      throw e;
    }
    ModelVersion[] copy = new ModelVersion[1];
    copy[0] = new ModelVersion(models, () -> retire(copy[0]));
    copies.put(version, copy[0]);
    return true;
  }

  /** Whether a copy of a model is loaded. */
  boolean has(ModelVersion version) {
    return copies.containsKey(version);
  }

  private void retire(ModelVersion copy) {
    try {
      strategy.forget(copy);
    } finally {
      copy.models().forEach(Model::close);
    }
  }

  @Override
  public CompletableFuture<Void> warmUp(
      ModelVersion version, List<NamedTensors> cases, int mostRows) {
    ModelVersion copy = copies.get(version);
    if (copy == null) { // it is warmed up when it is loaded
      cases.forEach(NamedTensors::close);
      return CompletableFuture.completedFuture(null);
    }
    return strategy.warmUp(copy, cases, mostRows);
  }

  @Override
  public void forget(ModelVersion version) {
    ModelVersion copy = copies.remove(version);
    if (copy != null) {
      copy.release();
    }
  }

  // ---- requests ----

  @Override
  public void accept(WorkItem item, Duration patience) {
    ModelVersion copy = copies.get(item.version());
    if (copy == null || !breaker.permits()) {
      acceptAtHome(item, patience);
      return;
    }
    WorkItem other = relayed(item, copy);
    try {
      strategy.accept(other, patience);
    } catch (InferenceException e) {
      other.guardBy(null);
      takeBack(other);
      if (!blamed(e)) {
        throw e;
      }
      acceptAtHome(item, patience);
    }
  }

  private WorkItem relayed(WorkItem item, ModelVersion copy) {
    try {
      WorkItem other = Relay.of(item, copy);
      other.guardBy(new Guard(item));
      return other;
    } catch (InferenceException e) { // it was forgotten
      breaker.ended();
      throw e;
    }
  }

  /** Of a request that nobody has: it does not pass on anything any more. */
  private static void takeBack(WorkItem relayed) {
    relayed.withdraw();
    relayed.inputs().close();
  }

  /** Tells the breaker how a request ended that failed; true if it may run at home. */
  private boolean blamed(InferenceException failure) {
    if (!SiteBreaker.blames(failure)) {
      breaker.ended();
      return false;
    }
    failures.incrementAndGet();
    breaker.failed(failure);
    return true;
  }

  private void acceptAtHome(WorkItem item, Duration patience) {
    WorkItem again = Relay.of(item, item.version());
    again.guardBy(AtHome.INSTEAD);
    try {
      home.accept(again, patience);
    } catch (RuntimeException e) {
      takeBack(again);
      throw e;
    }
  }

  /** Answers for a request that runs here. */
  private final class Guard implements Warden {
    private final WorkItem item;

    Guard(WorkItem item) {
      this.item = item;
    }

    @Override
    public Served answered(Served served) {
      breaker.succeeded();
      return served;
    }

    @Override
    public boolean rescue(WorkItem relayed, InferenceException failure) {
      if (!blamed(failure)) {
        return false;
      }
      try {
        acceptAtHome(item, Duration.ZERO);
      } catch (InferenceException e) {
        failure.addSuppressed(e);
        return false;
      }
      takeBack(relayed);
      return true;
    }

    @Override
    public void gone() {
      breaker.ended();
    }
  }

  /** Answers for a request that runs at home because it cannot run here. */
  private enum AtHome implements Warden {
    INSTEAD;

    @Override
    public Served answered(Served served) {
      return served.asFallback();
    }

    @Override
    public boolean rescue(WorkItem item, InferenceException failure) {
      return false;
    }

    @Override
    public void gone() {}
  }

  // ---- requests on the caller's thread ----

  @Override
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    ModelVersion copy = copies.get(item.version());
    if (copy == null || !breaker.permits()) {
      return runAtHome(item);
    }
    WorkItem other = borrowing(item, copy);
    try {
      InferenceResult result = strategy.tryRunHere(other);
      if (result == null) {
        breaker.ended();
      } else {
        breaker.succeeded();
      }
      return result;
    } catch (InferenceException e) {
      if (!blamed(e)) {
        throw e;
      }
      return runAtHome(item);
    } finally {
      other.finish();
    }
  }

  private WorkItem borrowing(WorkItem item, ModelVersion copy) {
    try {
      return new WorkItem(copy, item.inputs(), false, item.priority(), item.deadlineNanos());
    } catch (InferenceException e) { // it was forgotten
      breaker.ended();
      throw e;
    }
  }

  private @Nullable InferenceResult runAtHome(WorkItem item) {
    InferenceResult result = home.tryRunHere(item);
    return result == null
        ? null
        : new InferenceResult(result.outputs(), result.served().asFallback());
  }

  @Override
  public @Nullable InferenceResult tryRunBeside(WorkItem item) {
    return home.tryRunBeside(item);
  }

  // ---- all of it ----

  /** Whether it is left alone, a few requests that try it apart. */
  boolean isLeftAlone() {
    return breaker.isOpen();
  }

  /** Whether, after it was left alone, a request may try it. */
  boolean mayBeTried() {
    boolean may = breaker.permits();
    if (may) {
      breaker.ended();
    }
    return may;
  }

  /** How many requests have failed through the fault of this place. */
  long failures() {
    return failures.get();
  }

  @Override
  public StrategyStats stats() {
    return strategy.stats();
  }

  @Override
  public void apply(Plan plan) {
    strategy.apply(plan);
  }

  @Override
  public boolean drain(Duration timeout) {
    return strategy.drain(timeout);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      strategy.close();
      copies.keySet().forEach(this::forget);
    } finally {
      engine.close();
    }
  }
}
