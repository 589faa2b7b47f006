package io.mpsparallel.mps;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory from malloc: 16-byte aligned, which the copies of every device accept, not zeroed, and not
 * counted against the JVM's bound on direct memory. Any thread.
 */
enum HostMemory implements MemorySource {
  /** The only one. */
  INSTANCE;

  @Override
  public ByteBuffer allocate(int bytes) {
    BytePointer memory = new BytePointer(Pointer.malloc(bytes)).capacity(bytes);
    if (memory.isNull()) {
      throw new OutOfMemoryError("malloc of " + bytes + " bytes");
    }
    return memory.asByteBuffer();
  }

  @Override
  public void free(ByteBuffer memory) {
    Pointer.free(new Pointer(memory));
  }
}
