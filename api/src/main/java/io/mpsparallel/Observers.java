package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.event.Events;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Served;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Those who are told how long requests took. Any thread. */
final class Observers {
  private static final Logger LOG = LoggerFactory.getLogger(Observers.class);

  private final List<RequestObserver> all = new CopyOnWriteArrayList<>();
  private volatile boolean any;

  void add(RequestObserver observer) {
    all.add(observer);
    any = true;
  }

  void remove(RequestObserver observer) {
    all.remove(observer);
    any = !all.isEmpty();
  }

  /** A request begins; null if nobody wants to know how it ends. */
  @Nullable Watched begin(Object model) {
    Events.Span span = Events.request();
    return any || span != null ? new Watched(model.toString(), span) : null;
  }

  /** A request that somebody wants to know the end of. */
  final class Watched {
    private final String model;
    private final Events.@Nullable Span span;
    private final long since = System.nanoTime();

    private Watched(String model, Events.@Nullable Span span) {
      this.model = model;
      this.span = span;
    }

    void ended(@Nullable InferenceResult result, @Nullable Throwable failure) {
      Served served = result == null ? null : result.served();
      ErrorCode code = result == null ? Ledger.codeOf(failure) : null;
      if (span != null) {
        end(span, served, String.valueOf(code));
      }
      Duration time = Duration.ofNanos(System.nanoTime() - since);
      for (RequestObserver observer : all) {
        try {
          observer.ended(model, served, code, time);
        } catch (RuntimeException e) {
          LOG.warn("an observer of requests failed", e);
        }
      }
    }

    private void end(Events.Span recorded, @Nullable Served served, String code) {
      if (served == null) {
        recorded.end(model, "", "", 0, code);
      } else {
        String outcome = served.fallback() ? "FALLBACK" : "SERVED";
        String device = served.device().toString();
        recorded.end(model, served.strategy(), device, served.batchRequests(), outcome);
      }
    }
  }
}
