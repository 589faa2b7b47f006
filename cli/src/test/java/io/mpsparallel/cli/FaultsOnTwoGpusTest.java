package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import org.junit.jupiter.api.Tag;

/**
 * Faults with two NVIDIA GPUs; on request only. An index out of range makes both unusable for its
 * process, whichever it was on: CUDA refuses the other one as well.
 */
@Tag("gpus")
final class FaultsOnTwoGpusTest extends FaultsOnDevice {
  @Override
  String device() {
    return "cuda:0..1";
  }

  @Override
  String lastDevice() {
    return "cuda:1";
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
