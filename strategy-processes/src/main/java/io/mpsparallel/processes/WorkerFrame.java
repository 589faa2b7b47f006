package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import java.util.function.Consumer;

/** A frame that the worker has taken. The worker's thread. */
final class WorkerFrame implements WorkerLink.Frame {
  private final WorkerEnd end;
  private final Slab slab;
  private final int number;
  private final FrameKind kind;
  private final int model;
  private boolean finished;

  WorkerFrame(WorkerEnd end, Slab slab, int number, FrameKind kind) {
    this.end = end;
    this.slab = slab;
    this.number = number;
    this.kind = kind;
    model = slab.frame(number, SlabLayout.MODEL);
  }

  int number() {
    return number;
  }

  @Override
  public FrameKind kind() {
    return kind;
  }

  @Override
  public int model() {
    return model;
  }

  @Override
  public BodyReader body() {
    return new BodyReader(end.memory(slab.region(number, SlabLayout.BODY)));
  }

  @Override
  public void answer(Consumer<BodyWriter> body) {
    BodyWriter values = BodyWriter.growing();
    body.accept(values);
    answer(Kept.values(AnswerStatus.DONE, values));
  }

  @Override
  public void answer(NamedTensors outputs) {
    long bytes = BodyWriter.bytesFor(outputs);
    if (bytes > Segment.MOST_BYTES) {
      fail(
          new InferenceException(
              ErrorCode.OUT_OF_MEMORY,
              bytes + " bytes of outputs (expected: at most " + Segment.MOST_BYTES + ")"));
    } else if (bytes <= room().length()) {
      checkOpen();
      new BodyWriter(end.memory(room())).put(outputs);
      finish(AnswerStatus.DONE, (int) bytes);
    } else {
      answer(Kept.tensors((int) bytes, outputs.share()));
    }
  }

  @Override
  public void fail(InferenceException failure) {
    BodyWriter values = BodyWriter.growing();
    Failures.put(values, failure);
    answer(Kept.values(AnswerStatus.FAILED, values));
  }

  private void answer(Kept answer) {
    checkOpen();
    if (answer.bytes() <= room().length()) {
      try (answer) {
        deliver(answer);
      }
    } else {
      end.keep(number, answer);
      finish(AnswerStatus.NO_ROOM, answer.bytes());
    }
  }

  /** Writes an answer into the room; a room of no bytes says that nobody wants it any more. */
  void deliver(Kept answer) {
    Region room = room();
    if (room.length() == 0) {
      finish(AnswerStatus.DONE, 0);
      return;
    }
    answer.writeTo(end.memory(room));
    finish(answer.status(), answer.bytes());
  }

  private Region room() {
    return slab.region(number, SlabLayout.ROOM);
  }

  private void checkOpen() {
    if (finished) {
      throw new IllegalStateException("frame " + number + " was answered already");
    }
  }

  void finish(AnswerStatus status, int bytes) {
    slab.setFrame(number, SlabLayout.STATUS, SlabLayout.code(status));
    slab.setFrame(number, SlabLayout.BYTES, bytes);
    finished = true;
    end.publish();
  }

  boolean isFinished() {
    return finished;
  }
}
