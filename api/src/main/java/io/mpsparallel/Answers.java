package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.LaneThread;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waiting for answers, and leaving without them. Stateless, any thread. */
final class Answers {
  private Answers() {}

  static void refuseOnLane(String call) {
    if (Thread.currentThread() instanceof LaneThread lane) {
      throw new InferenceException(
          ErrorCode.MISUSE,
          call
              + " on "
              + lane.getName()
              + " would wait for the lane it runs on: use submit, or leave"
              + " the lane with an Async method of the future");
    }
  }

  static void abandon(
      List<InferenceRequest> requests,
      List<CompletableFuture<InferenceResult>> futures,
      List<InferenceResult> results) {
    results.forEach(InferenceResult::close);
    for (CompletableFuture<InferenceResult> future :
        futures.subList(results.size(), futures.size())) {
      if (!future.cancel(false) && !future.isCompletedExceptionally()) {
        future.join().close();
      }
    }
    requests.subList(futures.size(), requests.size()).forEach(r -> r.inputs().close());
  }

  static InferenceResult await(CompletableFuture<InferenceResult> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (!future.cancel(false) && !future.isCompletedExceptionally()) {
        future.join().close();
      }
      throw new InferenceException(
          ErrorCode.CANCELLED, "interrupted while it waited for the answer", e);
    } catch (CancellationException e) {
      throw new InferenceException(ErrorCode.CANCELLED, "the request was cancelled", e);
    } catch (ExecutionException e) {
      throw rethrown(e.getCause() == null ? e : e.getCause());
    }
  }

  /** The lane's failure with this thread's trace as well: both ends of the story. */
  private static InferenceException rethrown(Throwable cause) {
    return cause instanceof InferenceException failure
        ? failure.seenHere()
        : new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + cause, cause);
  }
}
