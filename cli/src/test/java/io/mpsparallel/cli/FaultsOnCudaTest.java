package io.mpsparallel.cli;

import org.junit.jupiter.api.Tag;

/** Faults on an NVIDIA GPU; on request only. */
@Tag("gpu")
final class FaultsOnCudaTest extends FaultsOnGpus {
  @Override
  String device() {
    return "cuda";
  }
}
