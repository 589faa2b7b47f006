package io.mpsparallel.cli;

import org.junit.jupiter.api.Tag;

/** Faults with two NVIDIA GPUs, one of which takes the other along; on request only. */
@Tag("gpus")
final class FaultsOnTwoGpusTest extends FaultsOnGpus {
  @Override
  String device() {
    return "cuda:0..1";
  }

  @Override
  String lastDevice() {
    return "cuda:1";
  }
}
