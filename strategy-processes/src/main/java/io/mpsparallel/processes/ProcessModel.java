package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;

/**
 * A model that workers have loaded under one number. Any thread.
 *
 * @param number what the workers call it
 * @param source what was asked for
 * @param shared what the workers load: the same, or a form whose weights they share
 * @param digest of that file, which each worker checks
 */
record ProcessModel(
    Members members,
    int number,
    ModelSource source,
    ModelSource shared,
    String digest,
    Device device,
    Signature signature,
    long weightBytes)
    implements Model {
  @Override
  public Slot newSlot(Stream stream) {
    throw new InferenceException(
        ErrorCode.MISUSE, "slots are in the worker processes; only processes can run over them");
  }

  @Override
  public void close() {
    members.unload(this);
  }
}
