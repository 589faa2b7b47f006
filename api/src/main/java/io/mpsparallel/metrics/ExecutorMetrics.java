package io.mpsparallel.metrics;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.mpsparallel.ExecutorSnapshot;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.RequestObserver;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.work.Served;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Binds an executor to a meter registry: {@code new ExecutorMetrics(executor).bindTo(registry)}.
 * {@code docs/observability.md} lists the meters. They go on through changes of settings; close
 * this to have requests not timed any more. Any thread.
 */
public final class ExecutorMetrics implements MeterBinder, AutoCloseable {
  private static final String PREFIX = "mpsparallel.";

  private final InferenceExecutor executor;
  private final Tags tags;
  private final List<RequestObserver> observers = new CopyOnWriteArrayList<>();

  /**
   * Meters without tags of their own.
   *
   * @param executor the executor, which stays its owner's
   */
  public ExecutorMetrics(InferenceExecutor executor) {
    this(executor, List.of());
  }

  /**
   * Meters with tags, for one of several executors.
   *
   * @param executor the executor, which stays its owner's
   * @param tags what every meter is tagged with
   */
  public ExecutorMetrics(InferenceExecutor executor, Iterable<Tag> tags) {
    this.executor = requireNonNull(executor, "executor");
    this.tags = Tags.of(tags);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    requests(registry);
    lanes(registry);
    batches(registry);
    RequestObserver timing = new Timing(registry);
    observers.add(timing);
    executor.observe(timing);
  }

  private void requests(MeterRegistry registry) {
    counter(registry, "requests", outcome("served"), s -> s.requests().served());
    for (ErrorCode code : ErrorCode.values()) {
      counter(registry, "requests", outcome(spelt(code)), s -> s.requests().failed(code));
    }
    counter(registry, "requests.fallback", tags, s -> s.requests().fallback());
    gauge(registry, "requests.inflight", s -> s.requests().inFlight());
  }

  private void lanes(MeterRegistry registry) {
    gauge(registry, "ready", s -> s.ready() ? 1 : 0);
    gauge(registry, "models", s -> s.models().size());
    gauge(registry, "queue", s -> s.stats().queued());
    gauge(registry, "lanes", s -> s.stats().lanes());
    gauge(registry, "lanes.busy", s -> s.stats().busy());
    gauge(
        registry,
        "circuits.open",
        s -> s.places().stream().filter(ExecutorSnapshot.Place::open).count());
    counter(registry, "lanes.replaced", tags, ExecutorSnapshot::replaced);
    counter(registry, "switches", tags, ExecutorSnapshot::switches);
  }

  private void batches(MeterRegistry registry) {
    gauge(
        registry,
        "batch.rows.mean",
        s -> {
          BatchStats batching = s.stats().batching();
          return batching == null ? Double.NaN : batching.meanRows();
        });
  }

  private Tags outcome(String value) {
    return tags.and("outcome", value);
  }

  private static String spelt(ErrorCode code) {
    return code.name().toLowerCase(Locale.ROOT);
  }

  private void counter(
      MeterRegistry registry, String name, Tags all, ToDoubleFunction<ExecutorSnapshot> value) {
    FunctionCounter.builder(PREFIX + name, executor, e -> value.applyAsDouble(e.snapshot()))
        .tags(all)
        .register(registry);
  }

  private void gauge(
      MeterRegistry registry, String name, ToDoubleFunction<ExecutorSnapshot> value) {
    Gauge.builder(PREFIX + name, executor, e -> value.applyAsDouble(e.snapshot()))
        .tags(tags)
        .register(registry);
  }

  /** Records how long requests took. */
  private final class Timing implements RequestObserver {
    private final MeterRegistry registry;

    Timing(MeterRegistry registry) {
      this.registry = registry;
    }

    @Override
    public void ended(
        String model, @Nullable Served served, @Nullable ErrorCode failure, Duration time) {
      Timer.builder(PREFIX + "request")
          .description("From a request to its answer")
          .tags(tags)
          .tag("model", model)
          .tag("strategy", served == null ? "none" : served.strategy())
          .tag("outcome", failure == null ? "served" : spelt(failure))
          .publishPercentiles(0.5, 0.99)
          .register(registry)
          .record(time);
    }
  }

  /** Has requests not timed any more; the meters stay. */
  @Override
  public void close() {
    observers.forEach(executor::ignore);
    observers.clear();
  }
}
