package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Capabilities.GraphKey;
import org.junit.jupiter.api.AfterEach;

/** The contract of backends, on the way of GPUs that record forwards and launch them again. */
class TorchScriptedGraphsContractTest extends TorchScriptedContractTest {
  @Override
  ScriptedDriver driver(int streamCapacity) {
    return new ScriptedDriver(streamCapacity, GraphKey.SHAPE_AND_SLOT);
  }

  @AfterEach
  void backend_closed_leavesNoRecording() {
    for (ScriptedDriver driver : drivers()) {
      assertThat(driver.openRecordings).hasValue(0);
    }
  }
}
