package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.processes.Life.State;
import io.mpsparallel.processes.Life.Step;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts workers as many at a time as is wise: the first alone, and so whoever follows a start that
 * failed; none while the breaker is open. The supervisor's thread, but for what processes that were
 * started bring about.
 */
final class Starts {
  private static final Logger LOG = LoggerFactory.getLogger(Starts.class);

  /** Frames that a worker can have in hand: more than most jobs have forwards. */
  private static final int FRAMES = 32;

  private final Members members;
  private final Launcher launcher;
  private final StartBreaker breaker;
  private final Runnable wake;
  private final int most = Math.max(2, Runtime.getRuntime().availableProcessors());
  private boolean proven; // the latest start that ended has succeeded

  /**
   * No start yet.
   *
   * @param wake told when a process ends
   */
  Starts(Members members, Launcher launcher, StartBreaker breaker, Runnable wake) {
    this.members = members;
    this.launcher = launcher;
    this.breaker = breaker;
    this.wake = wake;
  }

  /** Starts a worker in a place, unless it is to wait. */
  @SuppressWarnings("FutureReturnValueIgnored") // arrived throws nothing
  void startIfAllowed(Member member, long now) {
    long starting =
        members.places().all().stream().filter(m -> m.life().state() == State.STARTING).count();
    if (starting >= (proven ? most : 1) || !breaker.mayStart()) {
      return;
    }
    member.life().started(now);
    launcher
        .start(member.name(), FRAMES)
        .whenComplete((process, failure) -> arrived(member, process, failure));
  }

  /** A start has succeeded. */
  void succeeded() {
    breaker.ready();
    proven = true;
  }

  /** A start has failed. */
  void failed() {
    breaker.diedUnready();
    proven = false;
  }

  /** On the launcher's thread. */
  @SuppressWarnings("FutureReturnValueIgnored") // wake throws nothing
  private void arrived(
      Member member, @Nullable WorkerProcess process, @Nullable Throwable failure) {
    if (process == null) {
      couldNotStart(member, asInferenceException(failure));
      return;
    }
    Incumbent worker = new Incumbent(member.name(), process, member::device);
    if (members.arrived(member, worker)) {
      process.death().whenComplete((death, none) -> wake.run());
    } else {
      worker.kill(Step.NOTHING);
      worker.bury("the executor was closed");
      members.startFailed(member, nothingStarted(member, "the executor was closed"));
    }
  }

  private void couldNotStart(Member member, InferenceException failure) {
    if (!members.places().isClosed()) {
      LOG.warn("{} could not be started", member, failure);
    }
    members.opener().failed(failure);
    members.startFailed(member, nothingStarted(member, String.valueOf(failure.getMessage())));
  }

  private static Loss nothingStarted(Member member, String why) {
    Death none = new Death(-1, null, null, List.of());
    return new Loss(member.name(), "could not be started: " + why, false, 0, none);
  }

  private static InferenceException asInferenceException(@Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof InferenceException known
        ? known
        : new InferenceException(ErrorCode.WORKER_START_FAILED, "unexpected: " + cause, cause);
  }
}
