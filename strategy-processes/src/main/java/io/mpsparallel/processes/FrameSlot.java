package io.mpsparallel.processes;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The place of one forward in a worker: a region for the inputs, a frame, a region for the outputs.
 * {@code bind} copies, {@code stage} gives the shared memory itself. For one forward. Whoever has
 * leased the worker.
 */
final class FrameSlot implements Slot {
  private final Incumbent worker;
  private final ProcessModel model;
  private @Nullable Region inputs; // until it is sent
  private long inputBytes;
  private int number;
  private @Nullable Answer answer;
  private @Nullable InferenceException refusal;

  FrameSlot(Incumbent worker, ProcessModel model) {
    this.worker = worker;
    this.model = model;
  }

  @Override
  public void bind(NamedTensors tensors) {
    room(BodyWriter.bytesFor(tensors)).put(tensors);
  }

  @Override
  public NamedTensors stage(List<String> names, List<TensorSpec> specs) {
    return room(BodyWriter.bytesFor(names, specs)).stage(names, specs);
  }

  private BodyWriter room(long bytes) {
    if (inputs != null || number != 0) {
      throw new InferenceException(ErrorCode.MISUSE, "the slot is not empty");
    }
    worker.checkLoaded(model);
    Region region = worker.link().allocate(bytes);
    inputs = region;
    inputBytes = bytes;
    return new BodyWriter(worker.link().memory(region));
  }

  /** Hands the frame in; the slot is in flight. */
  void send() throws LinkLost {
    Region body = inputs;
    if (body == null) {
      throw new InferenceException(ErrorCode.MISUSE, "the slot is empty");
    }
    number = worker.send(model, body, model.answers().bytesFor(inputBytes));
    inputs = null; // the link's from now on
  }

  /** It could not be handed in: that is what it fails with. */
  void refused(InferenceException why) {
    refusal = why;
  }

  /** {@return the number of its frame} */
  int number() {
    return number;
  }

  /**
   * The worker has answered.
   *
   * @throws LinkLost if that is the answer of another frame
   */
  void answered(Answer given) throws LinkLost {
    if (given.number() != number) {
      given.close();
      throw new LinkLost("an answer to frame " + given.number() + " (expected: " + number + ")");
    }
    answer = given;
  }

  /** Whether there is something to take out. */
  boolean isAnswered() {
    return answer != null || refusal != null;
  }

  @Override
  public NamedTensors takeOutputs() {
    if (refusal != null) {
      throw refusal;
    }
    Answer given = answer;
    if (given == null) {
      throw new InferenceException(ErrorCode.NOT_READY, "the worker has not answered");
    }
    answer = null;
    worker.answered();
    try (given) {
      NamedTensors outputs = given.takeTensors();
      model.answers().took(inputBytes, BodyWriter.bytesFor(outputs));
      worker.served();
      return outputs;
    }
  }

  @Override
  public void close() {
    if (inputs != null) {
      worker.link().free(inputs);
      inputs = null;
    }
    if (answer != null) {
      answer.close();
      answer = null;
    }
  }
}
