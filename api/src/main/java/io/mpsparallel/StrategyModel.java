package io.mpsparallel;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.QueueSettings;
import io.mpsparallel.settings.QueueSettings.WhenFull;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.LaneThread;
import io.mpsparallel.work.LogContext;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Settled;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model whose requests go where it is placed at the time. */
final class StrategyModel implements LoadedModel {
  private static final Logger LOG = LoggerFactory.getLogger(StrategyModel.class);

  private final LocalExecutor executor;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Ledger ledger;
  private final ModelBound bound = new ModelBound();
  private final CompletableFuture<Void> warm = new CompletableFuture<>();
  private volatile Placement placement; // written under the monitor

  StrategyModel(LocalExecutor executor, Placement placement) {
    this.executor = executor;
    ledger = executor.books().newLedger();
    this.placement = placement;
  }

  // ---- where it is ----

  ExecutorSnapshot.OfModel snapshot() {
    Placement now = placement;
    List<String> notes = now.versions().stream().flatMap(v -> v.notes().stream()).toList();
    return new ExecutorSnapshot.OfModel(now.source().toString(), state(), ledger.counts(), notes);
  }

  Placement placement() {
    return placement;
  }

  /** Has requests go elsewhere from now on; those under way keep the version that they have. */
  void move(Placement next) {
    Placement left = next;
    synchronized (this) {
      if (!closed.get()) {
        left = placement;
        placement = next;
      }
    }
    List<ModelVersion> kept = placement.versions();
    left.versions().stream().filter(one -> !kept.contains(one)).forEach(ModelVersion::release);
  }

  /** Where to try again what a placement refused; null if that was final. */
  private @Nullable Placement after(Placement tried, InferenceException refusal) {
    Placement now = placement;
    boolean moved = refusal.code() == ErrorCode.CLOSED && !now.equals(tried) && !closed.get();
    return moved ? now : null;
  }

  @Override
  public void swap(ModelSource source) {
    executor.swap(this, source, null);
  }

  @Override
  public void swap(ModelSource source, ShadowCheck check) {
    executor.swap(this, source, requireNonNull(check, "check"));
  }

  /**
   * Is warm when something else is; once.
   *
   * @param begun what warms it up
   * @param declared whether somebody asked for the shapes; one that was only guessed may fail
   */
  @SuppressWarnings("FutureReturnValueIgnored") // warmedUp does not throw
  void warmUp(CompletableFuture<Void> begun, boolean declared) {
    begun.whenComplete((none, failure) -> warmedUp(declared, failure));
  }

  private void warmedUp(boolean declared, @Nullable Throwable failure) {
    if (failure != null && !closed.get()) {
      String which = declared ? "a shape to warm up" : "the one shape that it declares";
      LOG.warn(
          "{}: {} failed; requests are served all the same", placement.source(), which, failure);
    }
    if (failure != null && declared) {
      warm.completeExceptionally(failure);
    } else {
      warm.complete(null);
    }
  }

  @Override
  public ModelState state() {
    if (closed.get()) {
      return ModelState.CLOSED;
    }
    if (!warm.isDone()) {
      return ModelState.WARMING_UP;
    }
    return warm.isCompletedExceptionally() ? ModelState.WARM_UP_FAILED : ModelState.READY;
  }

  @Override
  public CompletableFuture<Void> whenReady() {
    return warm.copy();
  }

  @Override
  public Signature signature() {
    return placement.signature();
  }

  // ---- requests ----

  @Override
  @SuppressWarnings("try") // the context is left, not read
  public InferenceResult infer(InferenceRequest request) {
    requireNonNull(request, "request");
    if (request.id().isEmpty()) {
      return inferWatched(request);
    }
    try (LogContext about = LogContext.of(placement.source(), request.id().get())) {
      return inferWatched(request);
    }
  }

  private InferenceResult inferWatched(InferenceRequest request) {
    Observers.Watched watched = begin();
    try {
      InferenceResult result = inferSomewhere(request);
      ended(watched, result, null);
      return result;
    } catch (RuntimeException | Error e) {
      ended(watched, null, e);
      throw e;
    }
  }

  private Observers.@Nullable Watched begin() {
    ledger.begin();
    return executor.observers().begin(placement.source());
  }

  private void ended(
      Observers.@Nullable Watched watched,
      @Nullable InferenceResult result,
      @Nullable Throwable failure) {
    ledger.settled(result, failure);
    if (watched != null) {
      watched.ended(result, failure);
    }
  }

  private InferenceResult inferSomewhere(InferenceRequest request) {
    Placement at = placement;
    while (true) {
      try {
        return infer(at, request);
      } catch (InferenceException e) {
        Placement next = after(at, e);
        if (next == null) {
          throw e;
        }
        at = next;
      }
    }
  }

  private InferenceResult infer(Placement at, InferenceRequest request) {
    NamedTensors given = at.signature().check(request.inputs());
    NamedTensors inputs = at.padding().complete(given, at.signature());
    boolean counted = false;
    try {
      counted = enter(at, patience(at));
      return inferWithin(at, request, inputs);
    } finally {
      if (counted) {
        bound.leave();
      }
      if (inputs != given) {
        inputs.get(given.size()).close(); // the mask; all else is the caller's
      }
    }
  }

  private InferenceResult inferWithin(Placement at, InferenceRequest request, NamedTensors inputs) {
    SiteGuard guard = at.permitted();
    try {
      InferenceResult result = runHere(guard, request, inputs);
      return result != null ? guard.answered(result) : handOver(guard, request, inputs);
    } catch (FailedHere e) {
      SiteGuard next = guard.after(e.failure());
      if (next == null) {
        throw e.failure();
      }
      return handOver(next, request, inputs);
    }
  }

  /** The device refused or failed a request on its caller's thread; the guard was not told. */
  private static final class FailedHere extends Exception {
    private static final long serialVersionUID = 1;

    FailedHere(InferenceException failure) {
      super(null, failure, false, false);
    }

    InferenceException failure() {
      return (InferenceException) requireNonNull(getCause(), "cause");
    }
  }

  /** On this thread, if the strategy can; the inputs stay borrowed. */
  private @Nullable InferenceResult runHere(
      SiteGuard guard, InferenceRequest request, NamedTensors inputs) throws FailedHere {
    Placement at = guard.placement();
    WorkItem item = null;
    try {
      item = admit(at, request, inputs, false);
      return at.site().strategy().tryRunHere(item);
    } catch (InferenceException e) {
      throw new FailedHere(e);
    } catch (RuntimeException | Error e) {
      guard.gone();
      throw e;
    } finally {
      if (item != null) {
        item.finish();
      }
    }
  }

  /** On a lane, with handles of its own: an interrupted caller may leave before the lane does. */
  private InferenceResult handOver(SiteGuard guard, InferenceRequest request, NamedTensors inputs) {
    Placement at = guard.placement();
    WorkItem item;
    try {
      Answers.refuseOnLane("infer");
      item = admitOwned(at, request, inputs.share());
    } catch (InferenceException e) {
      guard.gone();
      throw e;
    }
    item.guardBy(guard);
    try {
      place(at, item);
    } catch (InferenceException e) {
      if (!item.rescued(e)) {
        item.fail(e);
        throw e;
      }
    }
    return Answers.await(item);
  }

  /** Whether the request was counted; if so, it is to leave. */
  private boolean enter(Placement at, Duration patience) {
    return bound.enter(at.site().settings().resilience().perModel(), patience);
  }

  /** For how long a caller who can wait waits for room. */
  private static Duration patience(Placement at) {
    return Thread.currentThread() instanceof LaneThread
        ? Duration.ZERO
        : at.site().settings().queue().patience();
  }

  /** Hands in for a caller who can wait, or can run the request when the queue is full. */
  private static void place(Placement at, WorkItem item) {
    QueueSettings queue = at.site().settings().queue();
    ParallelismStrategy strategy = at.site().strategy();
    if (queue.whenFull() == WhenFull.WAIT) {
      strategy.accept(item, queue.patience());
      return;
    }
    try {
      strategy.accept(item, Duration.ZERO);
    } catch (InferenceException e) {
      InferenceResult here = e.code() == ErrorCode.OVERLOADED ? strategy.tryRunBeside(item) : null;
      if (here != null) {
        item.succeed(here.outputs(), here.served());
      } else if (e.code() == ErrorCode.OVERLOADED) {
        strategy.accept(item, queue.patience());
      } else {
        throw e;
      }
    }
  }

  @Override
  public CompletableFuture<InferenceResult> submit(InferenceRequest request) {
    requireNonNull(request, "request");
    return submit(request, false, (at, item) -> at.site().strategy().accept(item, Duration.ZERO));
  }

  @SuppressWarnings("try") // the context is left, not read
  private CompletableFuture<InferenceResult> submit(
      InferenceRequest request, boolean patient, BiConsumer<Placement, WorkItem> handIn) {
    if (request.id().isEmpty()) {
      return submitWatched(request, patient, handIn);
    }
    try (LogContext about = LogContext.of(placement.source(), request.id().get())) {
      return submitWatched(request, patient, handIn);
    }
  }

  private CompletableFuture<InferenceResult> submitWatched(
      InferenceRequest request, boolean patient, BiConsumer<Placement, WorkItem> handIn) {
    Observers.Watched watched = begin();
    Placement at = placement;
    NamedTensors inputs;
    boolean counted;
    try {
      inputs = at.padding().complete(at.signature().check(request.inputs()), at.signature());
    } catch (InferenceException e) {
      request.inputs().close();
      ended(watched, null, e);
      return CompletableFuture.failedFuture(e);
    }
    try {
      counted = enter(at, patient ? patience(at) : Duration.ZERO);
    } catch (InferenceException e) {
      inputs.close();
      ended(watched, null, e);
      return CompletableFuture.failedFuture(e);
    }
    return handedIn(at, request, inputs, ending(watched, counted), handIn);
  }

  /** What is to be done when a request that was submitted has ended. */
  private Settled ending(Observers.@Nullable Watched watched, boolean counted) {
    if (watched == null && !counted) {
      return ledger;
    }
    return (result, failure) -> {
      if (counted) {
        bound.leave();
      }
      ended(watched, result, failure);
    };
  }

  /** At the first placement that takes it. */
  private CompletableFuture<InferenceResult> handedIn(
      Placement first,
      InferenceRequest request,
      NamedTensors inputs,
      Settled ending,
      BiConsumer<Placement, WorkItem> handIn) {
    Placement at = first;
    while (true) {
      try {
        return handedInAt(at, request, inputs, ending, handIn);
      } catch (InferenceException e) {
        Placement next = after(at, e);
        if (next == null) {
          inputs.close();
          ending.settled(null, e);
          return CompletableFuture.failedFuture(e);
        }
        at = next;
      }
    }
  }

  /** If this throws, the inputs are still the caller's. */
  private WorkItem handedInAt(
      Placement home,
      InferenceRequest request,
      NamedTensors inputs,
      Settled ending,
      BiConsumer<Placement, WorkItem> handIn) {
    SiteGuard guard = home.permitted();
    Placement at = guard.placement();
    WorkItem item;
    try {
      item = admit(at, request, inputs, true);
    } catch (InferenceException e) {
      guard.gone();
      throw e;
    }
    item.guardBy(guard);
    item.whenSettled(ending);
    try {
      handIn.accept(at, item);
      return item;
    } catch (InferenceException e) {
      if (item.rescued(e)) {
        return item;
      }
      item.withdraw();
      throw e;
    }
  }

  /** Admits a request whose inputs are owned: if it is refused, they are closed. */
  private WorkItem admitOwned(Placement at, InferenceRequest request, NamedTensors inputs) {
    try {
      return admit(at, request, inputs, true);
    } catch (InferenceException e) {
      inputs.close();
      throw e;
    }
  }

  private WorkItem admit(
      Placement at, InferenceRequest request, NamedTensors inputs, boolean owned) {
    Duration deadline = request.deadline().orElse(at.site().settings().deadline());
    long deadlineNanos =
        deadline.equals(ExecutorSettings.NO_DEADLINE)
            ? WorkItem.NO_DEADLINE
            : executor.ticker().nanos() + clampedNanos(deadline);
    if (closed.get()) {
      throw new InferenceException(ErrorCode.CLOSED, "the model was closed");
    }
    WorkItem item = new WorkItem(at.version(), inputs, owned, request.priority(), deadlineNanos);
    item.name(request.id().orElse(null));
    return item;
  }

  /** At most a hundred years, which the clock can hold. */
  private static long clampedNanos(Duration deadline) {
    Duration most = Duration.ofDays(36500);
    return (deadline.compareTo(most) > 0 ? most : deadline).toNanos();
  }

  @Override
  public ResultList mapRequests(List<InferenceRequest> requests) {
    int window = placement.site().settings().mapWindow();
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>(requests.size());
    List<InferenceResult> results = new ArrayList<>(requests.size());
    try {
      Answers.refuseOnLane("map");
      for (InferenceRequest request : requests) {
        futures.add(submit(request, true, StrategyModel::place));
        if (futures.size() - results.size() >= window) {
          results.add(Answers.await(futures.get(results.size())));
        }
      }
      while (results.size() < futures.size()) {
        results.add(Answers.await(futures.get(results.size())));
      }
      return new ResultList(results);
    } catch (RuntimeException e) {
      Answers.abandon(requests, futures, results);
      throw e;
    }
  }

  @Override
  public void close() {
    @Nullable Placement left;
    synchronized (this) {
      left = closed.getAndSet(true) ? null : placement;
    }
    if (left != null) {
      executor.removed(this);
      executor.books().close(ledger);
      left.versions().forEach(ModelVersion::release);
      warm.completeExceptionally(
          new InferenceException(ErrorCode.CLOSED, "the model was closed before it was warm"));
    }
  }
}
