package io.mpsparallel.work;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request that was admitted, and the future of its answer. It keeps its model version in use and
 * owns its inputs until it is finished. A strategy that accepts an item finishes it exactly once:
 * {@link #succeed}, {@link #fail} or {@link #drop}. The caller may cancel it at any time; whoever
 * finds it {@linkplain #isDone() done} before running it drops it. An input or model that fails to
 * close is logged: the request is answered all the same.
 */
public final class WorkItem extends CompletableFuture<InferenceResult> implements Job {
  /** The {@link #deadlineNanos} of a request without a deadline. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  private static final Logger LOG = LoggerFactory.getLogger(WorkItem.class);
  private static final int WITHDRAWN = 2;
  private static final AtomicIntegerFieldUpdater<WorkItem> FINISHED =
      AtomicIntegerFieldUpdater.newUpdater(WorkItem.class, "finished");

  private static final AtomicIntegerFieldUpdater<WorkItem> ENDED =
      AtomicIntegerFieldUpdater.newUpdater(WorkItem.class, "ended");

  private final ModelVersion version;
  private final NamedTensors inputs;
  private final boolean owned;
  private final Priority priority;
  private final long deadlineNanos;

  private @Nullable Spinner spinner; // before it is handed in, then only read
  private @Nullable WorkObserver observer; // before it is handed in, then only read
  private @Nullable Settled settled; // before it is handed in, then only read
  private @Nullable Warden warden; // before it is handed in, then whoever finishes it
  private @Nullable String id; // before it is handed in, then only read
  private long sinceNanos; // before it is handed in, then only read

  @SuppressWarnings("unused") // through FINISHED
  private volatile int finished;

  @SuppressWarnings("unused") // through ENDED
  private volatile int ended;

  /**
   * Admits a request.
   *
   * @param version the model version to use, which gets one use more
   * @param inputs checked inputs
   * @param owned whether the inputs are closed when the item is finished
   * @param priority which goes first
   * @param deadlineNanos the moment, by the executor's {@link Ticker}, after which it must not
   *     start
   * @throws InferenceException {@code CLOSED} if the version is retired
   */
  public WorkItem(
      ModelVersion version,
      NamedTensors inputs,
      boolean owned,
      Priority priority,
      long deadlineNanos) {
    if (!version.acquire()) {
      throw new InferenceException(ErrorCode.CLOSED, "the model was closed");
    }
    this.version = version;
    this.inputs = inputs;
    this.owned = owned;
    this.priority = priority;
    this.deadlineNanos = deadlineNanos;
  }

  /** {@return the model version to run} */
  @Override
  public ModelVersion version() {
    return version;
  }

  /** {@return what its caller calls the request; null for nothing} */
  public @Nullable String id() {
    return id;
  }

  /**
   * Says what its caller calls the request. For its maker, before anybody else sees it.
   *
   * @param name the name; null for nothing
   */
  public void name(@Nullable String name) {
    id = name;
  }

  /** {@return the inputs, checked against the model's signature} */
  public NamedTensors inputs() {
    return inputs;
  }

  /** {@return which goes first} */
  public Priority priority() {
    return priority;
  }

  /** {@return the moment after which it must not start, or {@link #NO_DEADLINE}} */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  /**
   * Whether the deadline has passed.
   *
   * @param nowNanos the present moment of the same clock
   * @return true if it has
   */
  public boolean isExpired(long nowNanos) {
    return deadlineNanos != NO_DEADLINE && nowNanos - deadlineNanos > 0;
  }

  /**
   * Answers.
   *
   * @param outputs the outputs, which the caller of the request owns from now on
   * @param served how they came about
   */
  public void succeed(NamedTensors outputs, Served served) {
    try {
      finish(true);
    } catch (Error e) {
      outputs.close(); // nobody is told of them
      throw e;
    }
    Warden told = takeWarden();
    InferenceResult result =
        new InferenceResult(outputs, told == null ? served : told.answered(served));
    if (!complete(result)) {
      result.close(); // cancelled meanwhile: nobody will
    }
  }

  @Override
  public void fill(int forward, Slot slot) {
    slot.bind(inputs);
  }

  @Override
  public void succeed(int forward, NamedTensors outputs, Served served) {
    succeed(outputs, served);
  }

  /**
   * Fails the request, unless its {@linkplain #guardBy warden} has it go on elsewhere.
   *
   * @param failure why
   */
  @Override
  public void fail(InferenceException failure) {
    if (rescued(failure)) {
      return;
    }
    finish();
    completeExceptionally(failure);
  }

  /** Lets go of a request that was cancelled before it ran. */
  public void drop() {
    finish();
    cancel(false);
  }

  /**
   * Lets go of inputs and model version, for a caller that takes the outputs itself instead of
   * through the future. Idempotent.
   */
  public void finish() {
    finish(false);
  }

  /**
   * Asks the {@linkplain #guardBy warden}, if there is one, whether the request goes on elsewhere
   * after a failure. For whoever has it to finish.
   *
   * @param failure why it cannot go on here
   * @return true if somebody else finishes it
   */
  public boolean rescued(InferenceException failure) {
    Warden told = takeWarden();
    if (told == null) {
      return false;
    }
    if (isDone() || finished != 0) {
      told.gone();
      return false;
    }
    return told.rescue(this, failure);
  }

  private @Nullable Warden takeWarden() {
    Warden told = warden;
    warden = null;
    return told;
  }

  private void finish(boolean answered) {
    if (FINISHED.compareAndSet(this, 0, 1)) {
      if (!answered) {
        leaveWarden();
      }
      if (observer != null) {
        observer.finished(this, sinceNanos, answered);
      }
      try {
        if (owned) {
          closeInputs();
        }
      } finally {
        releaseVersion(); // even if an input's release threw an error
      }
    }
  }

  /**
   * Lets go of the model version alone: no strategy took the item, and the inputs are its maker's
   * again. Nobody may have seen its future, or, if it {@linkplain Relay relays}, what becomes of it
   * is not passed on.
   */
  public void withdraw() {
    if (FINISHED.compareAndSet(this, 0, WITHDRAWN)) {
      leaveWarden();
      if (observer != null) {
        observer.finished(this, sinceNanos, false);
      }
      releaseVersion();
    }
  }

  /** {@return whether it was {@linkplain #withdraw withdrawn}} */
  public boolean isWithdrawn() {
    return finished == WITHDRAWN;
  }

  private void leaveWarden() {
    Warden told = takeWarden();
    if (told != null) {
      told.gone();
    }
  }

  private void closeInputs() {
    try {
      inputs.close();
    } catch (RuntimeException e) {
      LOG.warn("an input of a request could not be closed", e);
    }
  }

  private void releaseVersion() {
    try {
      version.release();
    } catch (RuntimeException e) {
      LOG.warn("a model could not be closed after its last request", e);
    }
  }

  /**
   * Has somebody told how it ends, in whatever way: answered, failed, or cancelled by its caller.
   * For its maker, before anybody else sees it.
   *
   * @param listener who
   */
  public void whenSettled(Settled listener) {
    settled = listener;
  }

  /** Whether this end is the one that counts; if so, it is told. */
  private boolean ends(@Nullable InferenceResult result, @Nullable Throwable failure) {
    Settled told = settled;
    if (told == null) {
      return true;
    }
    if (!ENDED.compareAndSet(this, 0, 1)) {
      return false;
    }
    told.settled(result, failure);
    return true;
  }

  @Override
  @SuppressWarnings("try") // the context is left, not read
  public boolean complete(InferenceResult result) {
    if (id == null) {
      return ends(result, null) && super.complete(result);
    }
    try (LogContext about = LogContext.of(this)) {
      return ends(result, null) && super.complete(result);
    }
  }

  @Override
  @SuppressWarnings("try") // the context is left, not read
  public boolean completeExceptionally(Throwable failure) {
    if (id == null) {
      return ends(null, failure) && super.completeExceptionally(failure);
    }
    try (LogContext about = LogContext.of(this)) {
      return ends(null, failure) && super.completeExceptionally(failure);
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return ends(null, null) ? super.cancel(mayInterruptIfRunning) : isCancelled();
  }

  /**
   * Has somebody answer for how the request ends. For whoever hands it in, before that.
   *
   * @param answerable who; null for nobody
   */
  public void guardBy(@Nullable Warden answerable) {
    warden = answerable;
  }

  /**
   * Has somebody told when the item is finished. For whoever hands it in, before that.
   *
   * @param witness who is told; null for nobody
   * @param nowNanos the moment, by {@code System.nanoTime}, which it is told then
   */
  public void observe(@Nullable WorkObserver witness, long nowNanos) {
    observer = witness;
    sinceNanos = nowNanos;
  }

  /**
   * Sets how a caller who waits for the answer looks for it before it sleeps. For a strategy, in
   * {@code accept}.
   *
   * @param answers the spinner of those who wait for answers
   */
  public void spinWith(Spinner answers) {
    spinner = answers;
  }

  @Override
  public InferenceResult get() throws InterruptedException, ExecutionException {
    lookForAnswer();
    return super.get();
  }

  @Override
  public InferenceResult get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    if (unit.toMillis(timeout) > 0) {
      lookForAnswer();
    }
    return super.get(timeout, unit);
  }

  @Override
  public InferenceResult join() {
    lookForAnswer();
    return super.join();
  }

  private void lookForAnswer() {
    Spinner known = spinner;
    if (known != null && !isDone()) {
      known.await(this::isDone);
    }
  }

  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>(); // what a caller derives from it is no work item
  }
}
