package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.testing.BackendContract;
import io.mpsparallel.testing.ContractModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** The contract of backends, on the way that GPUs go, with a gate as narrow as that of MPS. */
class TorchScriptedContractTest extends BackendContract {
  private final List<ScriptedDriver> drivers = new ArrayList<>();

  @Override
  protected Backend open(BackendSettings settings) {
    TorchRuntime runtime = TorchRuntime.load();
    DeviceFinder finder = DeviceFinder.look();
    return new TorchBackend(
        runtime,
        settings,
        finder,
        (device, s) -> device.equals(Device.CPU) ? scripted(s) : finder.open(device, s));
  }

  private TorchDevice scripted(BackendSettings settings) {
    ScriptedDriver driver = driver(settings.streams().capacityOr(31));
    drivers.add(driver);
    return driver.device(settings);
  }

  ScriptedDriver driver(int streamCapacity) {
    return new ScriptedDriver(streamCapacity);
  }

  final List<ScriptedDriver> drivers() {
    return drivers;
  }

  @Override
  protected Device deviceUnderTest(Backend opened) {
    return Device.CPU;
  }

  @Override
  protected ModelSource model(ContractModel model, Path into) {
    return TorchModels.write(model, into);
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    return TorchModels.slow(loops, into);
  }

  @AfterEach
  void driver_sawNoViolation() {
    for (ScriptedDriver driver : drivers) {
      assertThat(driver.violations).isEmpty();
    }
  }
}
