package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import org.junit.jupiter.api.Tag;

/** Faults on an NVIDIA GPU, which an index out of range makes unusable; on request only. */
@Tag("gpu")
final class FaultsOnCudaTest extends FaultsOnDevice {
  @Override
  String device() {
    return "cuda";
  }

  @Override
  ErrorCode badIndexInWorker() {
    return ErrorCode.REQUEST_QUARANTINED;
  }

  @Override
  boolean isPoisonedByBadIndex() {
    return true;
  }
}
