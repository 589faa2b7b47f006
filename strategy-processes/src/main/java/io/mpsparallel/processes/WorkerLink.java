package io.mpsparallel.processes;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The worker's end of the connection. The worker's thread, but for {@link #beat}. Frames about
 * shared memory are the link's own affair: nobody sees them here. Frames may be answered in any
 * order; the parent sees the answers in the order of the frames.
 */
interface WorkerLink extends AutoCloseable {
  /** A frame to answer. */
  interface Frame {
    FrameKind kind();

    int model();

    /** What is asked. Tensors over it are closed before the frame is answered. */
    BodyReader body();

    /** Answers with values. */
    void answer(Consumer<BodyWriter> body);

    /** Answers with tensors, which are copied into the room for them, and stay the caller's. */
    void answer(NamedTensors outputs);

    /** Answers with a failure. */
    void fail(InferenceException failure);
  }

  /** Waits for the next frame, and marks it as executing; null when the parent is gone. */
  @Nullable Frame next();

  /** The next frame if it is there already, for devices that work by themselves. */
  @Nullable Frame poll();

  /** A sign of life; any thread. */
  void beat();

  @Override
  void close();
}
