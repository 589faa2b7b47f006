package io.mpsparallel.mps;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import org.junit.jupiter.api.Tag;

/** The contract of backends, on an NVIDIA GPU; on request only. */
@Tag("gpu")
class TorchCudaContractTest extends TorchCpuContractTest {
  @Override
  protected Device deviceUnderTest(Backend opened) {
    return Device.cuda(0);
  }
}
