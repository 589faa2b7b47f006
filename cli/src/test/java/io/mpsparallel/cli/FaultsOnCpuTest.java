package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;

/** Faults on the CPU, which an index out of range does no harm. */
class FaultsOnCpuTest extends FaultsOnDevice {
  @Override
  String device() {
    return "cpu";
  }

  @Override
  ErrorCode badIndexInWorker() {
    return ErrorCode.INVALID_INPUT;
  }

  @Override
  boolean isPoisonedByBadIndex() {
    return false;
  }
}
