package io.mpsparallel.work;

import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Says in the log lines of a thread which request they are about: through SLF4J's {@link MDC},
 * until it is closed, when what was there before comes back. For one thread.
 */
public final class LogContext implements AutoCloseable {
  /** The key of the model: the file that it was loaded from. */
  public static final String MODEL = "mpsparallel.model";

  /** The key of the request: the id that its caller gave it. */
  public static final String REQUEST = "mpsparallel.request";

  private final @Nullable String modelBefore;
  private final @Nullable String requestBefore;

  private LogContext(String model, @Nullable String request) {
    modelBefore = MDC.get(MODEL);
    requestBefore = MDC.get(REQUEST);
    put(MODEL, model);
    put(REQUEST, request);
  }

  /**
   * Begins.
   *
   * @param model the model
   * @param request the id of the request; null if it has none
   * @return what ends it
   */
  public static LogContext of(Object model, @Nullable String request) {
    return new LogContext(model.toString(), request);
  }

  /**
   * Begins for a job.
   *
   * @param job a request, or several, of which only the model is said
   * @return what ends it
   */
  public static LogContext of(Job job) {
    return of(job.version(), job instanceof WorkItem item ? item.id() : null);
  }

  private static void put(String key, @Nullable String value) {
    if (value == null) {
      MDC.remove(key);
    } else {
      MDC.put(key, value);
    }
  }

  @Override
  public void close() {
    put(MODEL, modelBefore);
    put(REQUEST, requestBefore);
  }
}
