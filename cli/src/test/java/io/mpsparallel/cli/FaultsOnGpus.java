package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;

/** Faults where an index out of range makes all GPUs unusable for its process. */
abstract class FaultsOnGpus extends FaultsOnDevice {
  @Override
  final ErrorCode badIndexInWorker() {
    return ErrorCode.REQUEST_QUARANTINED;
  }

  @Override
  final boolean isPoisonedByBadIndex() {
    return true;
  }
}
