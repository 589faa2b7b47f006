package io.mpsparallel.adaptive;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.ModelVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The strategies that can be chosen: the first one runs from the start, the others from when they
 * are first wanted. Any thread; starts and ends exclude each other.
 */
final class Choices {
  private static final Logger LOG = LoggerFactory.getLogger(Choices.class);

  private final StrategyContext context;
  private final Map<Choice, StrategyProvider> providers;
  private final Choice first;
  private final Map<Choice, ParallelismStrategy> started = new ConcurrentHashMap<>();
  private final Map<ModelVersion, List<NamedTensors>> warmUps = new LinkedHashMap<>(); // guarded
  private @Nullable Plan plan; // guarded by this
  private boolean closed; // guarded by this

  Choices(StrategyContext context) {
    this.context = context;
    providers = providers(context.installed());
    first = providers.keySet().iterator().next();
  }

  /** Those of this process by the names that choices have; lanes first, or whatever there is. */
  private static Map<Choice, StrategyProvider> providers(List<StrategyProvider> installed) {
    List<StrategyProvider> here =
        installed.stream()
            .filter(one -> !one.runsElsewhere() && !(one instanceof AdaptiveProvider))
            .toList();
    Map<Choice, StrategyProvider> found = new LinkedHashMap<>();
    for (Choice choice : List.of(Choice.THREADS, Choice.BATCHING)) {
      here.stream()
          .filter(one -> one.id().equals(choice.id()))
          .findFirst()
          .ifPresent(one -> found.put(choice, one));
    }
    if (!found.containsKey(Choice.THREADS)) {
      here.stream()
          .filter(one -> !found.containsValue(one))
          .findFirst()
          .ifPresent(one -> found.put(Choice.THREADS, one));
    }
    if (found.isEmpty()) {
      throw new InferenceException(
          io.mpsparallel.error.ErrorCode.NOT_INSTALLED,
          "adaptive: no strategy that it could choose (installed: "
              + installed.stream().map(StrategyProvider::id).toList()
              + ")");
    }
    return found;
  }

  List<Choice> allowed() {
    return List.copyOf(providers.keySet());
  }

  Choice first() {
    return first;
  }

  /** The strategy of a choice; that of the first one if it does not run. */
  ParallelismStrategy of(Choice choice) {
    ParallelismStrategy one = started.get(choice);
    return one == null ? first0() : one;
  }

  private ParallelismStrategy first0() {
    return Objects.requireNonNull(started.get(first), "first");
  }

  boolean isStarted(Choice choice) {
    return started.containsKey(choice);
  }

  /** Starts what serves a choice, warm-ups included, if it does not run; throws if it cannot. */
  void start(Choice choice) {
    List<CompletableFuture<Void>> warm = new ArrayList<>();
    synchronized (this) {
      if (closed || started.containsKey(choice)) {
        return;
      }
      ParallelismStrategy made = started(choice);
      warmUps.forEach((version, cases) -> warm.add(made.warmUp(version, shares(cases))));
      if (plan != null) {
        made.apply(plan);
      }
      started.put(choice, made);
    }
    CompletableFuture.allOf(warm.toArray(CompletableFuture<?>[]::new))
        .exceptionally(failure -> null)
        .completeOnTimeout(null, 10, java.util.concurrent.TimeUnit.SECONDS)
        .join();
  }

  private ParallelismStrategy started(Choice choice) {
    StrategyProvider provider = Objects.requireNonNull(providers.get(choice), "choice");
    ParallelismStrategy made =
        provider.create(
            new StrategyContext(
                context.backend(),
                context.devices(),
                context.settings(),
                context.ticker(),
                context.installed(),
                context.engine(),
                null));
    try {
      made.start();
      return made;
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private static List<NamedTensors> shares(List<NamedTensors> cases) {
    return cases.stream().map(NamedTensors::share).toList();
  }

  CompletableFuture<Void> warmUp(ModelVersion version, List<NamedTensors> cases) {
    List<CompletableFuture<Void>> warm = new ArrayList<>();
    synchronized (this) {
      started.values().forEach(one -> warm.add(one.warmUp(version, shares(cases))));
      if (closed) {
        cases.forEach(NamedTensors::close);
      } else {
        warmUps.put(version, cases);
      }
    }
    return CompletableFuture.allOf(warm.toArray(CompletableFuture<?>[]::new));
  }

  synchronized void forget(ModelVersion version) {
    closeAll(warmUps.remove(version));
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

  /** Ends what serves a choice other than the first; what it has accepted is answered. */
  void stop(Choice choice, Duration patience) {
    ParallelismStrategy idle;
    synchronized (this) {
      idle = choice.equals(first) || closed ? null : started.remove(choice);
    }
    if (idle != null) {
      boolean drained = idle.drain(patience);
      LOG.debug("{} is not used any more; drained: {}", choice, drained);
      idle.close();
    }
  }

  /** Those that run, the first one first. */
  List<ParallelismStrategy> running() {
    return allowed().stream().map(started::get).filter(Objects::nonNull).toList();
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
