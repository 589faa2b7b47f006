package io.mpsparallel.threads;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.work.Job;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job on its way through the device.
 *
 * @param job a request, or several that share the trip
 * @param place where the lane remembers the job
 * @param model what runs it
 * @param slots where, one for each forward
 * @param done the event after it
 * @param startNanos when it was handed to the device
 * @param recorded what ends with it; null if nobody wants it
 */
record Flight(
    Job job,
    int place,
    Model model,
    List<Slot> slots,
    Event done,
    long startNanos,
    Events.@Nullable Execution recorded) {

  /** Whether it takes longer than anything may. */
  boolean isLate(Duration timeout) {
    return System.nanoTime() - startNanos > timeout.toNanos();
  }

  /** What the requests of a late one fail with. */
  static InferenceException late(Device device, Duration timeout) {
    return new InferenceException(
        ErrorCode.DEVICE_TIMEOUT,
        device
            + " did not finish a request within "
            + timeout.toMillis()
            + " ms (timeouts.event): it may hang; if the work is only large, allow more time");
  }
}
