package io.mpsparallel.event;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes events to Java Flight Recorder, if a recording wants them; else each call costs one check
 * of a flag, and nothing is allocated. On a runtime without Flight Recorder it does nothing. Any
 * thread.
 */
public final class Events {
  private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private Events() {}

  /**
   * A request begins.
   *
   * @return what to {@linkplain Span#end end} when it has its answer; null if nobody wants it
   */
  public static @Nullable Span request() {
    return PRESENT && Flight.wantsRequests() ? new Span(Flight.request()) : null;
  }

  /** A request that is recorded. */
  public static final class Span {
    private final Object event;

    private Span(Object event) {
      this.event = event;
    }

    /**
     * The request has ended. Once.
     *
     * @param model the model
     * @param strategy what served it, or empty
     * @param device where, or empty
     * @param batch how many requests shared the forward, or 0
     * @param outcome {@code SERVED}, {@code FALLBACK} or an error code
     */
    public void end(String model, String strategy, String device, int batch, String outcome) {
      Flight.end(event, model, strategy, device, batch, outcome);
    }
  }

  /**
   * A job is handed to a device or a worker.
   *
   * @return what to {@linkplain Execution#end end} when its outputs are there; null if nobody wants
   *     it
   */
  public static @Nullable Execution execution() {
    return PRESENT && Flight.wantsExecutions() ? new Execution(Flight.execution()) : null;
  }

  /** A job that is recorded. */
  public static final class Execution {
    private final Object event;

    private Execution(Object event) {
      this.event = event;
    }

    /**
     * The job has run, or failed. Once.
     *
     * @param place the lane's stream or the worker
     * @param model the model
     * @param requests how many it answers
     * @param failed whether it has no outputs
     */
    public void end(Object place, Object model, int requests, boolean failed) {
      Flight.end(event, place, model, requests, failed);
    }
  }

  /**
   * Requests were put together.
   *
   * @param requests how many
   * @param rows their rows
   * @param reason why the batch left
   */
  public static void batchFormed(int requests, int rows, Enum<?> reason) {
    if (PRESENT) {
      Flight.batchFormed(requests, rows, reason);
    }
  }

  /**
   * Something else serves requests from now on.
   *
   * @param what which requests: all of the executor, or a kind of work
   * @param before what served them
   * @param now what serves them
   * @param reason why
   */
  public static void switched(Object what, Object before, Object now, String reason) {
    if (PRESENT) {
      Flight.switched(what, before, now, reason);
    }
  }

  /**
   * A lane's thread died and is replaced.
   *
   * @param lane which
   * @param cause what it died of
   */
  public static void laneRestarted(String lane, Throwable cause) {
    if (PRESENT) {
      Flight.laneRestarted(lane, cause);
    }
  }

  /**
   * A device has failed, and others serve without it.
   *
   * @param device which
   * @param cause what it failed with
   */
  public static void deviceLost(Object device, Throwable cause) {
    if (PRESENT) {
      Flight.deviceLost(device, cause);
    }
  }

  /**
   * A worker process is gone.
   *
   * @param worker which
   * @param cause why
   */
  public static void workerLost(String worker, Supplier<String> cause) {
    if (PRESENT) {
      Flight.workerLost(worker, cause);
    }
  }
}
