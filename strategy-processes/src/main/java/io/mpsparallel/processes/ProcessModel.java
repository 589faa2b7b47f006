package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import org.jspecify.annotations.Nullable;

/**
 * A model that workers have loaded under one number. Any thread.
 *
 * @param members the workers
 * @param number what the workers call it
 * @param file what they load
 * @param source what was asked for
 * @param device where it is
 * @param facts what the worker found that loaded it first
 * @param answers how large its answers are
 */
record ProcessModel(
    Members members,
    int number,
    ModelFile file,
    ModelSource source,
    Device device,
    ModelFacts facts,
    AnswerSizes answers)
    implements Model {
  /**
   * What workers load.
   *
   * @param source what was asked for, or a form whose weights they share
   * @param digest of that file, which each worker checks; {@link FileDigest#UNKNOWN} for the first
   */
  record ModelFile(ModelSource source, String digest) {}

  /** What is known about it once it is loaded. */
  record ModelFacts(Signature signature, long weightBytes, String digest) {}

  @Override
  public Signature signature() {
    return facts.signature();
  }

  @Override
  public long weightBytes() {
    return facts.weightBytes();
  }

  @Override
  public Slot newSlot(Stream stream) {
    throw new InferenceException(
        ErrorCode.MISUSE, "slots are in the worker processes; only processes can run over them");
  }

  @Override
  public void close() {
    members.change(wanted -> wanted.without(this));
  }

  // As an object, not as a value: two loads of one file are two models.
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return number;
  }
}
