package io.mpsparallel.adaptive;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.resilience.SiteBreaker;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.ModelVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The strategies that can be chosen: that of {@link Selection#home} runs from the start, the others
 * from when they are first wanted. Any thread, but one alone starts and prepares them, and nobody
 * stops one meanwhile.
 */
final class Choices {
  private static final Logger LOG = LoggerFactory.getLogger(Choices.class);
  private static final long LONGEST_WARM_UP_SECONDS = 600; // beside requests

  private record Warm(Choice choice, ModelVersion version) {}

  private final StrategyContext context;
  private final Selection selection;
  private final int mostRows; // of a batch
  private final Map<Choice, ParallelismStrategy> started = new ConcurrentHashMap<>();
  private final Map<ModelVersion, List<NamedTensors>> warmUps = new LinkedHashMap<>(); // guarded
  private final Map<Warm, Integer> warmRows = new HashMap<>(); // guarded
  private @Nullable Plan plan; // guarded by this
  private boolean closed; // guarded by this

  Choices(StrategyContext context) {
    this.context = context;
    selection = Selection.of(context);
    BatchingSettings batching = context.settings().batching();
    mostRows =
        batching.sizes().on(true, batching.maxRows()).stream()
            .max(Integer::compare)
            .orElse(batching.maxRows());
  }

  List<Choice> allowed() {
    return selection.allowed();
  }

  /** What runs from the start to the end, and serves what nothing else can. */
  Choice home() {
    return selection.home();
  }

  ParallelismStrategy homeStrategy() {
    return Objects.requireNonNull(started.get(home()), "started");
  }

  /** The strategy of a choice; null if it does not run. */
  @Nullable ParallelismStrategy running(Choice choice) {
    return started.get(choice);
  }

  /** Whether a choice runs, and has a model, which has been warm for some number of rows. */
  boolean serves(Choice choice, ModelVersion version) {
    return has(choice, version, 1);
  }

  /** Whether a choice runs, and has a model warm for so many rows in flight. */
  boolean has(Choice choice, ModelVersion version, int rows) {
    ParallelismStrategy strategy = started.get(choice);
    boolean loaded = strategy instanceof Elsewhere place ? place.has(version) : strategy != null;
    return loaded && isWarm(choice, version, rows);
  }

  private synchronized boolean isWarm(Choice choice, ModelVersion version, int rows) {
    return choice.equals(home())
        || !warmUps.containsKey(version)
        || warmRows.getOrDefault(new Warm(choice, version), 0) >= rowsOf(choice, rows);
  }

  /** No more than a batch has. */
  private int rowsOf(Choice choice, int rows) {
    return choice.route() == Plan.Route.BATCHED ? Math.min(rows, mostRows) : 1;
  }

  /** Starts what runs from the start. */
  void startHome() {
    start(home());
  }

  /**
   * Starts what serves a choice, if it does not run.
   *
   * @throws io.mpsparallel.error.InferenceException if it cannot be started
   */
  void start(Choice choice) {
    if (started.containsKey(choice)) {
      return;
    }
    ParallelismStrategy made = made(choice); // not under the monitor: it can take seconds
    if (!added(choice, made)) {
      made.close();
    }
  }

  private synchronized boolean added(Choice choice, ParallelismStrategy made) {
    if (closed) {
      return false;
    }
    if (plan != null) {
      made.apply(plan);
    }
    started.put(choice, made);
    return true;
  }

  /**
   * Has a started choice ready for a model, warm-up shapes included: for no more rows than may be
   * in flight, since warming up takes the device's time from whatever serves meanwhile.
   *
   * @throws io.mpsparallel.error.InferenceException if the model cannot be loaded there
   */
  void prepare(Choice choice, ModelVersion version, int rows) {
    ParallelismStrategy strategy = started.get(choice);
    if (strategy instanceof Elsewhere place) {
      place.load(version);
    }
    if (strategy != null
        && !isWarm(choice, version, rows)
        && await(warm(strategy, version, rows))) {
      warmed(choice, version, rows);
    }
  }

  private synchronized CompletableFuture<Void> warm(
      ParallelismStrategy strategy, ModelVersion version, int rows) {
    List<NamedTensors> cases = warmUps.get(version);
    return cases == null
        ? CompletableFuture.completedFuture(null)
        : strategy.warmUp(version, shares(cases), rows);
  }

  private synchronized void warmed(Choice choice, ModelVersion version, int rows) {
    if (warmUps.containsKey(version)) { // else it was closed meanwhile
      warmRows.put(new Warm(choice, version), rowsOf(choice, rows));
    }
  }

  /** Waits, unless interrupted; what does not become warm serves as well. */
  private static boolean await(CompletableFuture<Void> warm) {
    try {
      warm.get(LONGEST_WARM_UP_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("not warm: {}", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    return true;
  }

  private ParallelismStrategy made(Choice choice) {
    ExecutorSettings settings = selection.settings(choice, context);
    ParallelismStrategy made =
        choice.over() == Plan.Over.PROCESSES
            ? elsewhere(choice, settings)
            : create(choice, context.backend(), settings);
    try {
      made.start();
      return made;
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private ParallelismStrategy create(Choice choice, Backend engine, ExecutorSettings settings) {
    return selection
        .provider(choice)
        .create(
            new StrategyContext(
                engine,
                context.devices(),
                settings,
                context.ticker(),
                context.installed(),
                context.engine(),
                null,
                context.traffic()));
  }

  private ParallelismStrategy elsewhere(Choice choice, ExecutorSettings settings) {
    BackendProvider opener = Objects.requireNonNull(context.engine(), "engine");
    StrategyProvider provider = selection.provider(choice);
    Backend engine = provider.open(opener, settings, context.installed());
    try {
      return new Elsewhere(
          engine,
          context.devices(),
          create(choice, engine, settings),
          homeStrategy(),
          new SiteBreaker("adaptive: " + choice, settings.resilience().breaker()));
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private static List<NamedTensors> shares(List<NamedTensors> cases) {
    return cases.stream().map(NamedTensors::share).toList();
  }

  /** Warms up what runs from the start to the end; the others when they are prepared. */
  CompletableFuture<Void> warmUp(ModelVersion version, List<NamedTensors> cases, int mostRows) {
    synchronized (this) {
      if (closed) {
        cases.forEach(NamedTensors::close);
        return CompletableFuture.completedFuture(null);
      }
      closeAll(warmUps.put(version, cases));
      return homeStrategy().warmUp(version, shares(cases), mostRows);
    }
  }

  synchronized void forget(ModelVersion version) {
    closeAll(warmUps.remove(version));
    warmRows.keySet().removeIf(warm -> warm.version().equals(version));
    started.values().forEach(one -> one.forget(version));
  }

  private static void closeAll(@Nullable List<NamedTensors> cases) {
    if (cases != null) {
      cases.forEach(NamedTensors::close);
    }
  }

  synchronized void apply(Plan changed) {
    started.values().forEach(one -> one.apply(changed));
    plan = changed;
  }

  /** Ends what serves a choice other than that of home; what it has accepted is answered. */
  void stop(Choice choice, Duration patience) {
    ParallelismStrategy idle;
    synchronized (this) {
      idle = choice.equals(home()) || closed ? null : started.remove(choice);
      warmRows.keySet().removeIf(warm -> warm.choice().equals(choice));
    }
    if (idle != null) {
      boolean drained = idle.drain(patience);
      LOG.debug("{} is not used any more; drained: {}", choice, drained);
      idle.close();
    }
  }

  /** Those that run; that of home, on which others may fall back, is the last one. */
  List<ParallelismStrategy> running() {
    List<ParallelismStrategy> running = new ArrayList<>();
    started.forEach((choice, one) -> running.add(choice.equals(home()) ? running.size() : 0, one));
    return running;
  }

  /** Starts no more, and ends all. */
  void close() {
    synchronized (this) {
      closed = true;
      warmUps.values().forEach(Choices::closeAll);
      warmUps.clear();
    }
    running().forEach(ParallelismStrategy::close);
  }
}
