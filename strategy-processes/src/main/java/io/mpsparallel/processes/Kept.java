package io.mpsparallel.processes;

import io.mpsparallel.tensor.NamedTensors;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An answer that is not in the slab yet. The worker's thread. */
record Kept(
    AnswerStatus status, int bytes, @Nullable BodyWriter values, @Nullable NamedTensors tensors)
    implements AutoCloseable {
  static Kept values(AnswerStatus status, BodyWriter values) {
    return new Kept(status, values.length(), values, null);
  }

  /** Tensors that become its own. */
  static Kept tensors(int bytes, NamedTensors tensors) {
    return new Kept(AnswerStatus.DONE, bytes, null, tensors);
  }

  void writeTo(ByteBuffer room) {
    if (values != null) {
      values.copyTo(room);
    } else if (tensors != null) {
      new BodyWriter(room).put(tensors);
    }
  }

  @Override
  public void close() {
    if (tensors != null) {
      tensors.close();
    }
  }
}
