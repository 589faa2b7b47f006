package io.mpsparallel.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mpsparallel.ExecutorSnapshot;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.ModelState;
import io.mpsparallel.RequestCounts;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshot, meters and events say what a test has counted itself. */
@Timeout(120)
final class CountsTest {
  private static final int THREADS = 16;
  private static final int EACH = 200;
  private static final ExecutorSettings SINGLE =
      ExecutorSettings.DEFAULTS.withStrategy("single").withQueue(4096, Duration.ZERO);

  @TempDir private java.nio.file.Path folder;

  private final AtomicLong served = new AtomicLong();
  private final Map<ErrorCode, AtomicLong> failed = new ConcurrentHashMap<>();

  private static InferenceExecutor executor() {
    return InferenceExecutor.builder()
        .settings(SINGLE)
        .backend(new FakeBackendProvider())
        .strategy(new SingleLaneProvider())
        .build();
  }

  private static NamedTensors good() {
    return NamedTensors.of(Tensor.of(new float[] {3}, 1));
  }

  /** An input too many. */
  private static NamedTensors bad() {
    return NamedTensors.of(Tensor.of(new float[] {3}, 1), Tensor.of(new float[] {3}, 1));
  }

  private void failedWith(ErrorCode code) {
    failed.computeIfAbsent(code, any -> new AtomicLong()).incrementAndGet();
  }

  private void infer(LoadedModel model, NamedTensors inputs) {
    try (inputs;
        InferenceResult result = model.infer(InferenceRequest.of(inputs))) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
      served.incrementAndGet();
    } catch (InferenceException e) {
      failedWith(e.code());
    }
  }

  private void submit(LoadedModel model, NamedTensors inputs, boolean cancel) {
    CompletableFuture<InferenceResult> answer = model.submit(InferenceRequest.of(inputs));
    if (cancel && answer.cancel(false)) {
      failedWith(ErrorCode.CANCELLED);
      return;
    }
    try (InferenceResult result = answer.get()) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
      served.incrementAndGet();
    } catch (ExecutionException e) {
      failedWith(((InferenceException) e.getCause()).code());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void call(LoadedModel square, LoadedModel raising, int i) {
    switch (i % 6) {
      case 0 -> infer(square, good());
      case 1 -> submit(square, good(), false);
      case 2 -> submit(square, good(), true);
      case 3 -> infer(square, bad());
      case 4 -> submit(square, bad(), false);
      default -> infer(raising, good());
    }
  }

  private long failures() {
    return failed.values().stream().mapToLong(AtomicLong::get).sum();
  }

  private void assertCounted(RequestCounts counts) {
    assertThat(counts.inFlight()).isZero();
    assertThat(counts.served()).isEqualTo(served.get());
    assertThat(counts.failed()).isEqualTo(failures());
    failed.forEach((code, count) -> assertThat(counts.failed(code)).isEqualTo(count.get()));
  }

  @Test
  void counts_manyThreadsThroughReconfigurations_areExact() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (InferenceExecutor executor = executor();
        ExecutorMetrics metrics = new ExecutorMetrics(executor);
        LoadedModel square = executor.load(FakeModels.source("square"));
        LoadedModel raising = executor.load(FakeModels.source("raising"))) {
      metrics.bindTo(registry);
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        threads.add(new Thread(() -> callMany(square, raising)));
      }
      threads.forEach(Thread::start);
      for (int i = 1; i <= 20; i++) {
        executor.reconfigure(SINGLE.withQueue(4096 + i, Duration.ZERO));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(served.get() + failures()).as("all ended").isEqualTo(THREADS * EACH);
      ExecutorSnapshot snapshot = executor.snapshot();
      assertCounted(snapshot.requests());
      assertThat(snapshot.switches()).isEqualTo(20);
      assertThat(snapshot.ready()).isTrue();
      assertThat(snapshot.models())
          .extracting(ExecutorSnapshot.OfModel::state)
          .containsOnly(ModelState.READY);
      assertThat(snapshot.models().stream().mapToLong(one -> one.requests().served()).sum())
          .isEqualTo(served.get());
      assertMeters(registry);
    }
  }

  private void callMany(LoadedModel square, LoadedModel raising) {
    for (int i = 0; i < EACH; i++) {
      call(square, raising, i);
    }
  }

  private void assertMeters(SimpleMeterRegistry registry) {
    assertThat(counter(registry, "served")).isEqualTo(served.get());
    failed.forEach(
        (code, count) ->
            assertThat(counter(registry, code.name().toLowerCase(java.util.Locale.ROOT)))
                .isEqualTo(count.get()));
    assertThat(registry.get("mpsparallel.requests.inflight").gauge().value()).isZero();
    assertThat(registry.get("mpsparallel.switches").functionCounter().count()).isEqualTo(20);
    long timed =
        registry.get("mpsparallel.request").timers().stream().mapToLong(t -> t.count()).sum();
    assertThat(timed).as("requests that were timed").isEqualTo(THREADS * EACH);
  }

  private static long counter(SimpleMeterRegistry registry, String outcome) {
    return (long)
        registry.get("mpsparallel.requests").tag("outcome", outcome).functionCounter().count();
  }

  @Test
  void counts_ofAModelThatIsClosed_stayInTheTotal() {
    try (InferenceExecutor executor = executor()) {
      for (int i = 0; i < 3; i++) {
        try (LoadedModel square = executor.load(FakeModels.source("square"))) {
          infer(square, good());
          submit(square, bad(), false);
        }
      }
      assertCounted(executor.snapshot().requests());
      assertThat(executor.snapshot().models()).isEmpty();
    }
  }

  @Test
  void observer_thatIsIgnoredOrThrows_harmsNobody() {
    try (InferenceExecutor executor = executor();
        LoadedModel square = executor.load(FakeModels.source("square"))) {
      SimpleMeterRegistry registry = new SimpleMeterRegistry();
      executor.observe(
          (model, how, failure, time) -> {
            throw new IllegalStateException("as the test wants");
          });
      try (ExecutorMetrics metrics = new ExecutorMetrics(executor)) {
        metrics.bindTo(registry);
        infer(square, good());
      }
      infer(square, good());
      assertThat(served).hasValue(2);
      assertThat(registry.get("mpsparallel.request").timer().count()).isEqualTo(1);
      assertThat(counter(registry, "served")).isEqualTo(2);
    }
  }

  @Test
  void recording_ofFlightRecorder_hasRequestsAndSwitches() throws Exception {
    java.nio.file.Path file = folder.resolve("my.jfr");
    try (Recording recording = new Recording();
        InferenceExecutor executor = executor();
        LoadedModel square = executor.load(FakeModels.source("square"))) {
      infer(square, good()); // before: not recorded
      recording.enable("mpsparallel.Request");
      recording.enable("mpsparallel.StrategySwitch");
      recording.start();
      infer(square, good());
      submit(square, bad(), false);
      executor.reconfigure(SINGLE.withQueue(7, Duration.ZERO));
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    List<RecordedEvent> requests = named(events, "mpsparallel.Request");
    assertThat(requests)
        .extracting(e -> e.getString("outcome"))
        .containsExactlyInAnyOrder("SERVED", "INVALID_INPUT");
    RecordedEvent answered =
        requests.stream().filter(e -> e.getString("outcome").equals("SERVED")).findFirst().get();
    assertThat(answered.getString("model")).contains("square");
    assertThat(answered.getString("strategy")).isEqualTo("single");
    assertThat(answered.getInt("batch")).isEqualTo(1);
    List<RecordedEvent> switches = named(events, "mpsparallel.StrategySwitch");
    assertThat(switches).hasSize(1);
    assertThat(switches.get(0).getString("now")).isEqualTo("single on cpu");
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream().filter(event -> event.getEventType().getName().equals(name)).toList();
  }
}
