package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
import io.mpsparallel.settings.ResilienceSettings.Fallback;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A GPU that fails for good, beside a device that does not, and how to keep it from that. */
@Timeout(60)
final class DeviceFaultTest {
  private static final Device GPU = Device.cuda(0);
  private static final Breaker BREAKER = new Breaker(4, 50, Duration.ofHours(1), 1);

  private final FakeBackendProvider engines =
      new FakeBackendProvider(
          FakeBackend.ID,
          parts ->
              parts
                  .asynchronous()
                  .devices(GPU, Device.CPU)
                  .model("ids", ids(), in -> NamedTensors.of(in.get(0).share())));

  private static Signature ids() {
    InputSpec ids =
        InputSpec.of("ids", DType.INT64, InputSpec.FREE).withRange(new IndexRange(0, 9));
    return new Signature(List.of(ids), List.of());
  }

  @AfterEach
  void assertNothingLeft() {
    assertThat(engines.opened()).allMatch(FakeBackend::isClosed);
    for (Kind kind : List.of(Kind.MODELS, Kind.SLOTS, Kind.STREAMS, Kind.EVENTS)) {
      engines
          .opened()
          .forEach(engine -> assertThat(engine.counts().open(kind)).as(kind.name()).isZero());
    }
  }

  private InferenceExecutor executor(ResilienceSettings resilience) {
    ExecutorSettings settings =
        ExecutorSettings.DEFAULTS
            .withStrategy("single")
            .withDevice("cuda:0")
            .withResilience(resilience.withBreaker(BREAKER).withRetries(0));
    return InferenceExecutor.builder().settings(settings).backend(engines).build();
  }

  private void breakGpu() {
    engines
        .opened()
        .get(0)
        .faults()
        .breakForGood(GPU, new InferenceException(ErrorCode.DEVICE_FAILED, "device-side assert"));
  }

  private static void assertServed(LoadedModel model, float value, boolean fallback) {
    Device where = fallback ? Device.CPU : GPU;
    try (Tensor input = Tensor.of(new float[] {value}, 1);
        InferenceResult here = model.infer(input);
        InferenceResult later = model.submit(input.share()).join()) {
      for (InferenceResult result : List.of(here, later)) {
        assertThat(result.tensor().toFloatArray()).containsExactly(value * value);
        assertThat(result.served().fallback()).isEqualTo(fallback);
        assertThat(result.served().device()).isEqualTo(where);
      }
    }
  }

  @Test
  void gpuFailsForGood_fallbackTakesOverAndSnapshotShowsIt() {
    try (InferenceExecutor executor =
            executor(ResilienceSettings.DEFAULTS.withFallback(Fallback.parse("@cpu")));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      assertServed(model, 3, false);
      breakGpu();
      for (int i = 0; i < 10; i++) {
        assertServed(model, i, true);
      }
      assertThat(executor.snapshot().places())
          .extracting(ExecutorSnapshot.Place::device, ExecutorSnapshot.Place::open)
          .containsExactly(tuple("cuda:0", true), tuple("cpu", false));
      assertThat(executor.snapshot().ready()).as("the CPU serves").isTrue();
    }
  }

  @Test
  void gpuFailedForGood_loadIsRefusedWithAdvice() {
    try (InferenceExecutor executor = executor(ResilienceSettings.DEFAULTS);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      breakGpu();
      assertThatThrownBy(() -> assertServed(model, 1, false)).hasMessageContaining("assert");
      ModelSource other = FakeModels.source("square");
      assertThatThrownBy(() -> executor.load(other)).hasMessageContaining("restart the process");
    }
  }

  private static Tensor indices(long... values) {
    return Tensor.of(values, values.length);
  }

  /** On every way in, before anything is encoded. */
  @Test
  void indexOutOfRange_isFoundBeforeTheDeviceSeesIt() {
    try (InferenceExecutor executor = executor(ResilienceSettings.DEFAULTS);
        LoadedModel model = executor.load(FakeModels.source("ids"));
        Tensor bad = indices(3, 10);
        Tensor good = indices(0, 9)) {
      assertThatThrownBy(() -> model.infer(bad)).hasMessageContaining("INVALID_INPUT: input 'ids'");
      assertThatThrownBy(() -> model.submit(indices(-1)).join())
          .hasMessageContaining("INVALID_INPUT");
      assertThatThrownBy(() -> model.map(List.of(indices(10))))
          .hasMessageContaining("INVALID_INPUT");
      assertThat(engines.opened().get(0).counts().total(Kind.FORWARDS)).isZero();
      model.infer(good).close();
      assertThat(engines.opened().get(0).counts().total(Kind.FORWARDS)).isEqualTo(1);
    }
  }
}
