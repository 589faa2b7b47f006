package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Served;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a worker takes into its hand. */
class HandTest {
  private final Workload workload = new Workload();
  private final Opener opener = new Opener("none", BackendSettings.DEFAULTS, () -> {});
  private final Members members = new Members(ExecutorSettings.DEFAULTS, workload, opener);
  private final Incumbent worker =
      new Incumbent("worker", new FakeWorker(new FakeLauncher(), 1, 4), () -> Device.CPU);

  /** A job that nobody is to look at. */
  private static final class Untouched implements Job {
    @Override
    public ModelVersion version() {
      throw new AssertionError("it was taken");
    }

    @Override
    public void fill(int forward, Slot slot) {
      throw new AssertionError("it was taken");
    }

    @Override
    public void succeed(int forward, NamedTensors outputs, Served served) {
      throw new AssertionError("it was run");
    }

    @Override
    public void fail(InferenceException failure) {
      throw new AssertionError("it failed", failure);
    }
  }

  @Test
  void job_takenBeforeTheWorkerIsUpToDate_isPutBackFirst() throws Exception {
    Errand first = new Errand(new Untouched());
    Errand second = new Errand(new Untouched());
    workload.putBack(List.of(first, second));
    members.change(wanted -> wanted.with(BackendSettings.DEFAULTS.threads()));
    Hand hand = new Hand(members, worker);
    assertThat(hand.take()).isTrue();
    assertThat(hand.isEmpty()).isTrue();
    assertThat(workload.size()).isEqualTo(2);
    assertThat(workload.take()).isSameAs(first);
  }
}
