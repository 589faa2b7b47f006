package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.work.LaneThread;
import io.mpsparallel.work.ModelVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Has choices ready to serve models, one after another on a thread of its own: to start workers, to
 * load a model and to warm up takes seconds, in which all else goes on. One thread asks, any ends.
 */
final class Preparations {
  private static final long PATIENCE_MILLIS = 50; // most lanes are there by then
  private static final CompletableFuture<Void> GOES_ON = new CompletableFuture<>();

  private record Job(Choice choice, ModelVersion version) {}

  private final Choices choices;
  private final ThreadPoolExecutor worker;
  private final Map<Job, CompletableFuture<Void>> underWay = new HashMap<>();
  private boolean disturbs;

  Preparations(Choices choices) {
    this.choices = choices;
    worker =
        new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Preparations::thread);
    worker.allowCoreThreadTimeOut(true);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "mps-parallel-adaptive-prepare");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * What has a choice ready for a model: done at once if nothing is to be prepared, else begun,
   * unless something is under way. Whoever is told that it is over, or failed, is the only one: who
   * asks then begins it anew.
   *
   * @param rows of the model that may be in flight at once
   */
  CompletableFuture<Void> of(Choice choice, ModelVersion version, int rows) {
    Job job = new Job(choice, version);
    CompletableFuture<Void> known = underWay.get(job);
    if (known != null && !known.isDone()) {
      disturbs = true;
      return GOES_ON;
    }
    underWay.remove(job);
    if (known != null && known.isCompletedExceptionally()) {
      return known;
    }
    if (choices.has(choice, version, rows)) { // perhaps it was prepared for fewer
      return CompletableFuture.completedFuture(null);
    }
    return fresh(job, rows);
  }

  private CompletableFuture<Void> fresh(Job job, int rows) {
    CompletableFuture<Void> begun = begun(job, rows);
    waitALittle(begun);
    if (begun.isDone()) {
      return begun;
    }
    underWay.put(job, begun);
    disturbs = true;
    return GOES_ON;
  }

  private CompletableFuture<Void> begun(Job job, int rows) {
    try {
      return CompletableFuture.runAsync(() -> prepare(job, rows), worker);
    } catch (RejectedExecutionException e) { // all of it ends
      return new CompletableFuture<>();
    }
  }

  private void prepare(Job job, int rows) {
    choices.start(job.choice());
    choices.prepare(job.choice(), job.version(), rows);
  }

  private static void waitALittle(CompletableFuture<Void> preparation) {
    try {
      preparation.handle((done, failure) -> true).get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // it goes on
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new AssertionError(e); // handled above
    }
  }

  /** Whether anything is prepared for a choice at the moment. */
  boolean isUnderWay(Choice choice) {
    return underWay.entrySet().stream()
        .anyMatch(job -> job.getKey().choice().equals(choice) && !job.getValue().isDone());
  }

  /** Whether anything was prepared since this was last asked; what took no time does not count. */
  boolean haveDisturbed() {
    boolean before = disturbs;
    disturbs = underWay.values().stream().anyMatch(job -> !job.isDone());
    return before || disturbs;
  }

  /** Forgets what is over, and nobody asked for: failures as well, which are then found anew. */
  void forget(Choice choice) {
    underWay.entrySet().removeIf(job -> job.getKey().choice().equals(choice) && isOver(job));
  }

  /** The same for models that were closed meanwhile. */
  void forgetUnless(Predicate<ModelVersion> known) {
    for (Map.Entry<Job, CompletableFuture<Void>> job : List.copyOf(underWay.entrySet())) {
      ModelVersion version = job.getKey().version();
      if (isOver(job) && !known.test(version)) {
        underWay.remove(job.getKey());
        choices.forget(version); // it may have been loaded after it was closed
      }
    }
  }

  private static boolean isOver(Map.Entry<Job, CompletableFuture<Void>> job) {
    return job.getValue().isDone();
  }

  /** Begins nothing more, and ends what is under way; waits for that, but not on a lane. */
  void end() {
    worker.shutdownNow();
    if (!(Thread.currentThread() instanceof LaneThread)) {
      try {
        worker.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
