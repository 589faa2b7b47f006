package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Before a strategy was started, and after. */
class StartTest {
  @Test
  void accept_beforeStart_isRefusedAndAfterwardsServed() {
    try (FakeBackend fake = FakeBackend.builder().build()) {
      ParallelismStrategy strategy = new BatchingProvider().create(context(fake));
      Model model = fake.load(FakeModels.source("square"), Device.CPU);
      ModelVersion[] self = new ModelVersion[1];
      self[0] =
          new ModelVersion(
              Map.of(Device.CPU, model),
              () -> {
                strategy.forget(self[0]);
                model.close();
              });
      try {
        WorkItem early = item(self[0]);
        assertThatThrownBy(() -> strategy.accept(early, Duration.ZERO))
            .hasMessageContaining("CLOSED");
        assertThatThrownBy(() -> strategy.tryRunHere(early)).hasMessageContaining("CLOSED");
        early.drop();
        strategy.start();
        WorkItem item = item(self[0]);
        strategy.accept(item, Duration.ZERO);
        assertThat(BatchingFixture.answer(item)).containsExactly(9);
      } finally {
        self[0].release();
        strategy.close();
      }
      fake.counts().assertNothingOpen();
    }
  }

  private static StrategyContext context(FakeBackend fake) {
    return new StrategyContext(
        fake,
        List.of(Device.CPU),
        ExecutorSettings.DEFAULTS,
        Ticker.SYSTEM,
        List.of(new ThreadsProvider()),
        null,
        null,
        new SharedTraffic());
  }

  private static WorkItem item(ModelVersion version) {
    NamedTensors inputs = NamedTensors.of(List.of("x"), List.of(Tensor.of(new float[] {3}, 1, 1)));
    return new WorkItem(version, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
  }
}
