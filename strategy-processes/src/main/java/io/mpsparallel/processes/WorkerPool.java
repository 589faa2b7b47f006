package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.work.LaneThread;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Worker processes that have one engine open, with everything that sees to them. Shared by the
 * backend that speaks for them and the strategy that gives them work. Any thread.
 */
final class WorkerPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);

  /** For how long workers that were killed may take to be gone. */
  private static final Duration KILLED_PATIENCE = Duration.ofSeconds(10);

  private final ProcessSettings settings;
  private final Duration closePatience;
  private final Launcher launcher;
  private final Opener opener;
  private final Members members;
  private final Supervisor supervisor;

  WorkerPool(String engine, ExecutorSettings settings, Launcher launcher) {
    this.settings = settings.processes();
    this.launcher = launcher;
    closePatience = settings.backendSettings().closeTimeout();
    opener = new Opener(engine, settings.backendSettings(), launcher::engineOpened);
    members = new Members(settings, new Workload(), opener);
    StartBreaker breaker = new StartBreaker(this.settings.restart().most());
    supervisor = new Supervisor(members, launcher, breaker, this.settings);
    members.tell(supervisor);
  }

  /**
   * Starts the first worker and waits until it has opened the engine.
   *
   * @throws InferenceException what it failed with; {@code WORKER_START_FAILED} if none came
   */
  void open() {
    supervisor.start();
    members.undertaker().start();
    members.resize(1);
    try {
      await(opener.devices(), settings.launch().limit(), "opened the engine");
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** {@return the devices of the engine, the one to prefer first} */
  List<Device> devices() {
    return opener.devices().join();
  }

  /** {@return the directory for models in forms that workers share} */
  Path weights() {
    return launcher.weights();
  }

  Members members() {
    return members;
  }

  /**
   * Asks any one worker, and waits for the answer; in a continuation, its own.
   *
   * @throws InferenceException what the worker failed with; {@code WORKER_START_FAILED} if none had
   *     time
   */
  <T> T ask(Inquiry.Question<T> question) {
    Inquiry<T> inquiry = new Inquiry<>(question);
    Member own =
        Thread.currentThread() instanceof LaneThread ? members.places().ofThisThread() : null;
    if (own != null) {
      askOwn(own, inquiry);
    } else {
      members.ask(inquiry);
    }
    Duration most = settings.launch().limit().plus(settings.limits().request());
    return await(inquiry.answer(), most, "had time for a question");
  }

  private static void askOwn(Member own, Inquiry<?> inquiry) {
    Hand hand = own.runner().inHand();
    if (hand == null) {
      throw new InferenceException(
          ErrorCode.MISUSE, own + " is gone: a continuation on its thread cannot wait for another");
    }
    hand.askNow(inquiry);
  }

  private <T> T await(CompletableFuture<T> answer, Duration most, String what) {
    try {
      return answer.get(most.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      throw new InferenceException(
          ErrorCode.CANCELLED, "interrupted while it waited for a worker", e);
    } catch (TimeoutException e) {
      answer.cancel(false);
      throw new InferenceException(
          ErrorCode.WORKER_START_FAILED, "no worker has " + what + " within " + most, e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof InferenceException known
          ? known.seenHere()
          : new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + e.getCause(), e);
    }
  }

  /** Lets workers finish what they have in hand, ends them, and kills those that do not end. */
  @Override
  public void close() {
    if (!members.places().close()) {
      return;
    }
    supervisor.wake();
    members.workload().close();
    Places places = members.places();
    places.kill(false); // those that have not started yet have nothing in hand
    try {
      if (!places.awaitRetired(closePatience)) {
        LOG.warn("workers still run after {}: they are killed", closePatience);
        places.kill(true);
        places.awaitRetired(KILLED_PATIENCE);
      }
    } catch (InterruptedException e) {
      places.kill(true);
      Thread.currentThread().interrupt();
    }
    members.undertaker().close();
    supervisor.close();
    launcher.close();
  }
}
