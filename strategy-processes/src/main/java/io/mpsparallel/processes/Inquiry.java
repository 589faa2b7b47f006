package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.concurrent.CompletableFuture;

/**
 * A question for any one worker, which somebody waits for. If a worker dies of it, it is asked
 * again as requests are.
 *
 * @param <T> the answer
 */
final class Inquiry<T> {
  private final Question<T> question;
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private final Blame blame = new Blame();

  /** Asks a worker that is leased and has nothing in its hand. */
  interface Question<T> {
    T ask(Incumbent worker) throws LinkLost;
  }

  Inquiry(Question<T> question) {
    this.question = question;
  }

  /** The answer to come. */
  CompletableFuture<T> answer() {
    return answer;
  }

  /** Asks, and completes the answer unless the worker is lost meanwhile. */
  void ask(Incumbent worker) throws LinkLost {
    try {
      answer.complete(question.ask(worker));
    } catch (InferenceException e) {
      answer.completeExceptionally(e);
    }
  }

  /** The worker died of it; false if it is not to be asked again. */
  boolean survives(Loss loss, int retries) {
    Verdict verdict = blame.died(loss, retries);
    if (verdict == Verdict.QUARANTINED) {
      fail(
          new InferenceException(
              ErrorCode.NATIVE_FAILURE, "two workers died of this; the last: " + loss));
    } else if (verdict == Verdict.LOST) {
      fail(loss.failure(verdict));
    }
    return verdict == Verdict.AGAIN;
  }

  void fail(InferenceException why) {
    answer.completeExceptionally(why);
  }
}
