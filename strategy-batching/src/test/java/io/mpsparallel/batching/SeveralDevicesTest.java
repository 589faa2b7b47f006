package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.ExecutorSnapshot.OfDevice;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches, and what is chosen for each kind of work, on two devices, of which one may fail. */
@Timeout(120)
class SeveralDevicesTest extends BatchingFixture {
  private static final Device FIRST = Device.cuda(0);
  private static final Device SECOND = Device.cuda(1);

  private final Set<Device> served = new HashSet<>();
  private int failed;

  private void openOnTwo(String strategy) {
    ExecutorSettings settings = BatchingContract.lanes(2, 2);
    fake =
        FakeBackend.builder()
            .asynchronous()
            .devices(FIRST, SECOND)
            .settings(settings.backendSettings())
            .model("plus", this::plus)
            .build();
    executor =
        InferenceExecutor.builder()
            .settings(settings.withStrategy(strategy).withDevice("cuda:all"))
            .backend(fake)
            .strategy(new BatchingProvider())
            .strategy(new ThreadsProvider())
            .strategy(new AdaptiveProvider())
            .build();
  }

  private void run(LoadedModel model, int requests) {
    Deque<CompletableFuture<InferenceResult>> inFlight = new ArrayDeque<>();
    for (int i = 0; i < requests; i++) {
      if (inFlight.size() == 64) {
        settle(inFlight.remove());
      }
      inFlight.add(model.submit(rows(7)));
    }
    inFlight.forEach(this::settle);
  }

  private void settle(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = await(future)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(8);
      served.add(result.served().device());
    } catch (InferenceException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.DEVICE_FAILED);
      failed++;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"batching", "adaptive"})
  void requests_areServedByBothAndThenByTheOneThatIsLeft(String strategy) {
    openOnTwo(strategy);
    try (LoadedModel model = executor.load(FakeModels.source("plus"))) {
      run(model, 1_000);
      assertThat(served).containsExactlyInAnyOrder(FIRST, SECOND);
      assertThat(failed).isZero();

      fake.faults().breakDevice(SECOND);
      run(model, 1_000); // what was on the device fails, at most once for each lane's batches
      int lost = failed;
      assertThat(lost).isLessThan(500);
      assertThat(executor.snapshot().places().get(0).devices())
          .extracting(OfDevice::failed)
          .containsExactly(false, true);
      served.clear();
      run(model, 1_000);
      assertThat(served).containsExactly(FIRST);
      assertThat(failed).isEqualTo(lost);
      assertThat(executor.stats().lanes()).isPositive();
    }
  }
}
