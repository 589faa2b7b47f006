package io.mpsparallel.threads;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.Served;
import org.jspecify.annotations.Nullable;

/**
 * How a forward ended.
 *
 * @param outputs what it gave, or null if it failed
 * @param failure why it failed, or null
 */
record Outcome(@Nullable NamedTensors outputs, @Nullable InferenceException failure) {
  /** Tells the job, which owns the outputs from then on. */
  void tell(Job job, int forward, Served served) {
    if (outputs != null) {
      job.succeed(forward, outputs, served);
    } else if (failure != null) {
      job.fail(forward, failure);
    }
  }

  /** Closes what nobody was told of. */
  void close() {
    if (outputs != null) {
      outputs.close();
    }
  }
}
