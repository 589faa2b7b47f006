package io.mpsparallel.work;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import org.jspecify.annotations.Nullable;

/** Has a request answered through another one. Stateless, any thread. */
public final class Relay {
  private Relay() {}

  /**
   * A request for the same inputs, of another version of the model. When it is answered, so is the
   * first, with the same outputs; when it fails, the first fails with the same error; when the
   * first is cancelled, so is this one.
   *
   * @param item the first request: admitted, not finished, and the caller's to finish, which passes
   *     on to the other one if that is handed in; else the caller withdraws that, and closes its
   *     inputs
   * @param version the version of the model that is to serve it
   * @return a request that is still to be handed in
   * @throws InferenceException {@code CLOSED} if that version is retired
   */
  @SuppressWarnings("FutureReturnValueIgnored") // what is done then does not throw
  public static WorkItem of(WorkItem item, ModelVersion version) {
    WorkItem other =
        new WorkItem(version, item.inputs().share(), true, item.priority(), item.deadlineNanos());
    other.name(item.id());
    other.whenComplete(
        (result, failure) -> {
          if (!other.isWithdrawn()) {
            passOn(item, result, failure);
          }
        });
    item.whenComplete(
        (result, failure) -> {
          if (item.isCancelled()) {
            other.cancel(false);
          }
        });
    return other;
  }

  private static void passOn(
      WorkItem item, @Nullable InferenceResult result, @Nullable Throwable failure) {
    if (result != null) {
      item.succeed(result.outputs(), result.served());
    } else if (failure instanceof InferenceException known) {
      item.fail(known);
    } else if (item.isCancelled()) {
      item.drop();
    } else {
      item.fail(
          new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + failure, failure));
    }
  }
}
