package io.mpsparallel;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.config.ModelDescription;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.work.LaneThread;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The executor of this process: one site at a time, and the models in it.
 *
 * <p>Changes of the site and of what models there are go one after another, under {@link #changes}.
 * Requests never wait for that: they use the placement that their model has, and go to the next one
 * if its site closes before it has taken them.
 */
final class LocalExecutor implements InferenceExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(LocalExecutor.class);

  private static final Duration GLANCE = Duration.ofMillis(100);

  private final SiteMaker maker;
  private final ReentrantLock changes = new ReentrantLock();
  private final List<StrategyModel> models = new ArrayList<>(); // guarded by this
  private final List<Site> sites = new CopyOnWriteArrayList<>(); // those that are not closed
  private final Versions versions = new Versions(sites);
  private final Books books = new Books();
  private final Observers observers = new Observers();
  private final AtomicLong switches = new AtomicLong();
  private long replacedBefore; // at sites that are closed; guarded by sites
  private volatile Site site; // written under changes
  private boolean closed; // guarded by this
  private boolean ended; // guarded by changes

  LocalExecutor(SiteMaker maker, ExecutorSettings settings) {
    this.maker = maker;
    site = maker.make(settings, null);
    sites.addAll(site.chain());
  }

  // ---- models ----

  @Override
  public LoadedModel load(Path file) {
    return load(ModelDescription.beside(requireNonNull(file, "file")));
  }

  @Override
  public LoadedModel load(ModelSource source) {
    requireNonNull(source, "source");
    checkOpen();
    while (true) {
      Site at = site;
      LoadedModel loaded = loadedAt(at, source);
      if (loaded != null) {
        return loaded;
      }
      checkOpen();
    }
  }

  /** Null if there is another site meanwhile, or none any more. */
  private @Nullable LoadedModel loadedAt(Site at, ModelSource source) {
    Arrival arrival;
    try {
      arrival = arrival(source, at);
    } catch (InferenceException e) {
      if (e.code() == ErrorCode.CLOSED && !at.equals(site)) {
        return null;
      }
      throw e;
    }
    FirstMistakes.make();
    StrategyModel loaded = new StrategyModel(this, arrival.placement());
    if (!added(loaded, at)) {
      arrival.discard();
      return null;
    }
    loaded.warmUp(arrival.warm(), !source.warmUp().isNone());
    return loaded;
  }

  private synchronized boolean added(StrategyModel loaded, Site at) {
    return !closed && at.equals(site) && models.add(loaded);
  }

  /** Loads another file in place of a model's, and has its requests go there once it is warm. */
  void swap(StrategyModel model, ModelSource source, @Nullable ShadowCheck check) {
    requireNonNull(source, "source");
    changing(
        "swap",
        () -> {
          if (model.state() == ModelState.CLOSED) {
            throw new InferenceException(ErrorCode.CLOSED, "the model was closed");
          }
          Arrival arrival = arrival(source, site);
          try {
            checkCompatible(model.placement().signature(), arrival.placement().signature(), source);
          } catch (InferenceException e) {
            arrival.discard();
            throw e;
          }
          awaitWarm(List.of(arrival), site.settings().backendSettings().eventTimeout());
          Placement next = arrival.placement();
          if (check != null) {
            compare(check, model, next, arrival);
          }
          model.move(next);
        });
  }

  private void compare(ShadowCheck check, StrategyModel model, Placement next, Arrival arrival) {
    try {
      Shadow.compare(check, model, new StrategyModel(this, next));
    } catch (RuntimeException e) {
      arrival.release();
      throw e;
    }
  }

  /** Callers go on with inputs as before. */
  private static void checkCompatible(Signature now, Signature next, ModelSource source) {
    if (!next.inputs().equals(now.inputs())) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          source + ": inputs " + next.inputs() + " (expected, as before: " + now.inputs() + ")");
    }
  }

  private Arrival arrival(ModelSource source, Site at) {
    return Arrival.at(at, source, null, versions);
  }

  Books books() {
    return books;
  }

  Observers observers() {
    return observers;
  }

  Ticker ticker() {
    return maker.ticker();
  }

  synchronized void removed(StrategyModel model) {
    models.remove(model);
  }

  private synchronized List<StrategyModel> models() {
    return List.copyOf(models);
  }

  // ---- the site ----

  @Override
  public void reconfigure(ExecutorSettings settings) {
    requireNonNull(settings, "settings");
    changing(
        "reconfigure",
        () -> {
          if (!settings.equals(site.settings())) {
            change(settings);
          }
        });
  }

  private void change(ExecutorSettings settings) {
    Site old = site;
    Site next = maker.make(settings, old);
    sites.addAll(next.chain());
    try {
      moveTo(next);
    } catch (RuntimeException e) {
      shut(next);
      throw e;
    }
    switches.incrementAndGet();
    Events.switched("all requests", old, next, "RECONFIGURED");
    finish(old);
    shut(old);
    LOG.info("strategy {} -> {}", old, next);
  }

  /** All models are loaded and warm at the next site before the first of them moves. */
  private void moveTo(Site next) {
    Map<StrategyModel, Arrival> moves = new LinkedHashMap<>();
    try {
      do {
        List<Arrival> arrivals = arrivals(next, moves);
        awaitWarm(arrivals, next.settings().backendSettings().eventTimeout());
      } while (!begun(next, moves.keySet()));
    } catch (RuntimeException e) {
      moves.values().forEach(Arrival::release);
      throw e;
    }
    moves.forEach((model, arrival) -> model.move(arrival.placement()));
  }

  /** The models that do not move yet, which do from now on. */
  private List<Arrival> arrivals(Site next, Map<StrategyModel, Arrival> moves) {
    List<Arrival> arrivals = new ArrayList<>();
    try {
      for (StrategyModel model : models()) {
        if (!moves.containsKey(model)) {
          Placement now = model.placement();
          Arrival arrival = Arrival.at(next, now.source(), now, versions);
          arrivals.add(arrival);
          moves.put(model, arrival);
        }
      }
      return arrivals;
    } catch (RuntimeException e) {
      arrivals.forEach(Arrival::leaveCold);
      throw e;
    }
  }

  /** False if a model has come that does not move yet. */
  private synchronized boolean begun(Site next, Set<StrategyModel> moving) {
    checkOpen();
    if (!moving.containsAll(models)) {
      return false;
    }
    site = next;
    return true;
  }

  /** What fails to warm up serves all the same, as after a load. */
  private static void awaitWarm(List<Arrival> arrivals, Duration timeout) {
    CompletableFuture<?>[] warm =
        arrivals.stream().map(Arrival::warm).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(warm).get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("not all is warm; requests are served all the same", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for what a site has accepted, as long as there is progress; its fallbacks come last. */
  private void finish(Site old) {
    old.chain().forEach(this::finishOne);
  }

  private void finishOne(Site old) {
    long patienceNanos = old.settings().backendSettings().eventTimeout().toNanos();
    long progressNanos = System.nanoTime();
    long served = old.strategy().stats().served();
    while (!old.strategy().drain(GLANCE) && !isClosed()) {
      long now = old.strategy().stats().served();
      if (now != served) {
        served = now;
        progressNanos = System.nanoTime();
      } else if (System.nanoTime() - progressNanos > patienceNanos) {
        LOG.warn(
            "{}: no answer for {} s; the rest fails", old.strategy().id(), patienceNanos / 1e9);
        return;
      }
    }
  }

  /** Closes a site with its fallbacks, and the engines that no other site uses. */
  private void shut(Site over) {
    List<Site> chain = over.chain();
    synchronized (sites) {
      replacedBefore += replaced(chain);
      sites.removeAll(chain);
    }
    RuntimeException failure = null;
    for (Site one : chain) {
      failure = closed(one.strategy()::close, failure);
    }
    for (Site.Engine engine : chain.stream().map(Site::engine).distinct().toList()) {
      if (sites.stream().noneMatch(site -> site.engine().equals(engine))) {
        failure = closed(engine::close, failure);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static @Nullable RuntimeException closed(
      Runnable close, @Nullable RuntimeException earlier) {
    try {
      close.run();
      return earlier;
    } catch (RuntimeException e) {
      if (earlier == null) {
        return e;
      }
      earlier.addSuppressed(e);
      return earlier;
    }
  }

  /** Does what others must not do at the same time, nor a lane, which it may have to wait for. */
  private void changing(String call, Runnable change) {
    if (Thread.currentThread() instanceof LaneThread lane) {
      throw new InferenceException(
          ErrorCode.MISUSE, call + " on " + lane.getName() + " would wait for the lane it runs on");
    }
    changes.lock();
    try {
      checkOpen();
      change.run();
    } finally {
      endIfClosed();
      changes.unlock();
    }
  }

  @Override
  public ExecutorSettings settings() {
    return site.settings();
  }

  @Override
  public String strategy() {
    return site.strategy().id();
  }

  @Override
  public StrategyStats stats() {
    return site.strategy().stats();
  }

  @Override
  public ExecutorSnapshot snapshot() {
    Site first = site;
    List<ExecutorSnapshot.Place> places =
        first.chain().stream().map(at -> at.snapshot(versions.memory())).toList();
    List<ExecutorSnapshot.OfModel> loaded = models().stream().map(StrategyModel::snapshot).toList();
    boolean ready =
        !isClosed()
            && places.stream().anyMatch(place -> !place.open())
            && loaded.stream().noneMatch(model -> model.state() == ModelState.WARMING_UP);
    return new ExecutorSnapshot(
        ready,
        places,
        loaded,
        books.total(),
        first.strategy().stats(),
        replaced(),
        switches.get(),
        decisions());
  }

  /** Lanes and workers that were replaced, at sites that are closed as well: it never falls. */
  private long replaced() {
    synchronized (sites) {
      return replacedBefore + replaced(sites);
    }
  }

  private static long replaced(List<Site> at) {
    return at.stream().mapToLong(site -> site.strategy().stats().replaced()).sum();
  }

  @Override
  public void observe(RequestObserver observer) {
    observers.add(requireNonNull(observer, "observer"));
  }

  @Override
  public void ignore(RequestObserver observer) {
    observers.remove(observer);
  }

  @Override
  public List<Decision> decisions() {
    return site.strategy().decisions();
  }

  @Override
  public List<Device> devices() {
    return site.devices();
  }

  @Override
  public BackendReport report() {
    return site.engine().backend().report();
  }

  // ---- the end ----

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    if (Thread.currentThread() instanceof LaneThread) {
      if (!changes.tryLock()) {
        return; // whoever changes something waits for this lane, and ends it all afterwards
      }
    } else {
      changes.lock();
    }
    try {
      endIfClosed();
    } finally {
      changes.unlock();
    }
  }

  /** Under {@link #changes}. */
  private void endIfClosed() {
    if (!isClosed() || ended) {
      return;
    }
    ended = true;
    site.chain().forEach(LocalExecutor::drain);
    try {
      models().forEach(StrategyModel::close);
    } finally {
      shut(site);
    }
  }

  private static void drain(Site over) {
    over.strategy().drain(over.settings().backendSettings().closeTimeout());
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void checkOpen() {
    if (isClosed()) {
      throw closedError();
    }
  }

  private static InferenceException closedError() {
    return new InferenceException(ErrorCode.CLOSED, "the executor was closed");
  }
}
