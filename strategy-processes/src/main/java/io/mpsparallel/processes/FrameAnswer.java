package io.mpsparallel.processes;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import org.jspecify.annotations.Nullable;

/** An answer that was read and found to be whole. Whoever has leased the worker. */
final class FrameAnswer implements Answer {
  private final int number;
  private final @Nullable InferenceException failure;
  private final @Nullable BodyReader body;
  private @Nullable NamedTensors tensors;
  private @Nullable Runnable free;

  private FrameAnswer(
      int number,
      @Nullable InferenceException failure,
      @Nullable BodyReader body,
      @Nullable NamedTensors tensors,
      @Nullable Runnable free) {
    this.number = number;
    this.failure = failure;
    this.body = body;
    this.tensors = tensors;
    this.free = free;
  }

  static FrameAnswer failed(int number, InferenceException failure) {
    return new FrameAnswer(number, failure, null, null, null);
  }

  /** With values, whose memory is freed when the answer is closed. */
  static FrameAnswer of(int number, BodyReader body, Runnable free) {
    return new FrameAnswer(number, null, body, null, free);
  }

  /** With tensors, which free their memory themselves. */
  static FrameAnswer of(int number, NamedTensors tensors) {
    return new FrameAnswer(number, null, null, tensors, null);
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public @Nullable InferenceException failure() {
    return failure;
  }

  @Override
  public BodyReader body() {
    if (failure != null) {
      throw failure;
    }
    if (body == null || free == null) {
      throw new IllegalStateException("frame " + number + ": no values, or closed");
    }
    return body;
  }

  @Override
  public NamedTensors takeTensors() {
    if (failure != null) {
      throw failure;
    }
    NamedTensors taken = tensors;
    if (taken == null) {
      throw new IllegalStateException("frame " + number + ": no tensors, or taken");
    }
    tensors = null;
    return taken;
  }

  @Override
  public void close() {
    if (tensors != null) {
      tensors.close();
      tensors = null;
    }
    if (free != null) {
      free.run();
      free = null;
    }
  }
}
