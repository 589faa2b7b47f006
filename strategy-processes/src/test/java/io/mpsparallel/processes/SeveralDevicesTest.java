package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Workers of two devices: each has its own, and no device has two more than the other. */
class SeveralDevicesTest extends ProcessesFixture {
  private static final Device FIRST = Device.cuda(0);
  private static final Device SECOND = Device.cuda(1);

  private void openOn(int workers) {
    launcher.devices = List.of(FIRST, SECOND, Device.CPU);
    ExecutorSettings settings = workers(workers);
    open(settings.withDevice("cuda:0..1"));
  }

  /** How many workers have the model on each device, each on one alone. */
  private Map<Device, Long> spread() {
    return launcher.living().stream()
        .map(FakeWorker::devices)
        .filter(devices -> devices.size() == 1)
        .collect(Collectors.groupingBy(devices -> devices.get(0), Collectors.counting()));
  }

  private void awaitSpread(long first, long second) {
    FakeLauncher.await(
        () ->
            launcher.living().size() == first + second
                && spread().equals(Map.of(FIRST, first, SECOND, second)));
  }

  private static Plan plan(int each) {
    return new Plan(Plan.Route.DIRECT, Plan.Over.PROCESSES, each, 1, 1, 1, Duration.ZERO, "test");
  }

  @Test
  void open_oddNumber_isSpreadWithinOne() {
    openOn(5);
    awaitSpread(3, 2);
    assertServes();
  }

  @Test
  void requests_asManyAsWorkers_areServedByBothDevices() {
    openOn(4);
    awaitSpread(2, 2);
    launcher.hold();
    List<CompletableFuture<InferenceResult>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(submit(i));
    }
    FakeLauncher.await(() -> launcher.living().stream().filter(FakeWorker::isRunning).count() == 4);
    launcher.release();
    List<Device> served = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      try (InferenceResult result = all.get(i).orTimeout(5, TimeUnit.SECONDS).join()) {
        assertThat(result.tensor().toFloatArray()).containsExactly(i * i);
        served.add(result.served().device());
      }
    }
    assertThat(served).containsExactlyInAnyOrder(FIRST, FIRST, SECOND, SECOND);
  }

  @Test
  void apply_fewerAndMore_staySpread() {
    openOn(4);
    strategy.apply(plan(1));
    awaitSpread(1, 1);
    strategy.apply(plan(3));
    awaitSpread(3, 3);
    strategy.apply(plan(1));
    awaitSpread(1, 1);
    assertServes();
  }

  @Test
  void worker_dies_anotherHasItsDevice() {
    openOn(2);
    awaitSpread(1, 1);
    launcher.living().stream()
        .filter(worker -> worker.devices().contains(SECOND))
        .forEach(worker -> worker.die("SIGSEGV"));
    FakeLauncher.await(() -> launcher.starts.get() == 3);
    awaitSpread(1, 1);
    assertServes();
  }

  @Test
  void model_isClosed_isUnloadedEverywhere() {
    openOn(4);
    awaitSpread(2, 2);
    model.close();
    FakeLauncher.await(() -> launcher.living().stream().allMatch(w -> w.models().isEmpty()));
    assertThat(launcher.living()).hasSize(4);
  }
}
