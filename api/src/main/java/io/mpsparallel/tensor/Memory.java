package io.mpsparallel.tensor;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A block of direct memory with a count of its owners; the last one to leave frees it. Any thread.
 *
 * <p>Memory that this class allocated is freed at once, unless a raw buffer over it was handed out:
 * then it stays until the garbage collector sees that the buffer is gone, so that a stale buffer
 * can never touch freed memory. Adopted memory is given back through its release action in any
 * case.
 */
final class Memory {
  private static final VarHandle OWNERS;
  private static final @Nullable MethodHandle INVOKE_CLEANER = invokeCleaner();

  static {
    try {
      OWNERS = MethodHandles.lookup().findVarHandle(Memory.class, "owners", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ByteBuffer buffer;
  private final @Nullable Runnable release;
  private final boolean allocated;
  private volatile boolean exposed;

  @SuppressWarnings("unused") // through OWNERS
  private volatile int owners = 1;

  private Memory(ByteBuffer buffer, boolean allocated, @Nullable Runnable release) {
    this.buffer = buffer.order(ByteOrder.nativeOrder());
    this.allocated = allocated;
    this.release = release;
  }

  static Memory allocate(int bytes) {
    return new Memory(ByteBuffer.allocateDirect(bytes), true, null);
  }

  static Memory adopt(ByteBuffer buffer, @Nullable Runnable release) {
    return new Memory(buffer.slice(), false, release);
  }

  /** The buffer itself: for use inside this package while the caller is an owner. */
  ByteBuffer buffer() {
    return buffer;
  }

  ByteBuffer expose(int offset, int bytes) {
    exposed = true;
    return buffer.slice(offset, bytes).order(ByteOrder.nativeOrder());
  }

  /** Adds an owner; false if the last one has left. */
  boolean retain() {
    while (true) {
      int now = (int) OWNERS.getVolatile(this);
      if (now == 0) {
        return false;
      }
      if (OWNERS.compareAndSet(this, now, now + 1)) {
        return true;
      }
    }
  }

  void release() {
    if ((int) OWNERS.getAndAdd(this, -1) != 1) {
      return;
    }
    if (release != null) {
      release.run();
    } else if (allocated && !exposed) {
      free(buffer);
    }
  }

  private static void free(ByteBuffer buffer) {
    if (INVOKE_CLEANER == null) {
      return; // the collector frees it
    }
    try {
      INVOKE_CLEANER.invokeExact(buffer);
    } catch (Throwable e) {
      throw new IllegalStateException("cannot free a direct buffer", e);
    }
  }

  /** {@code Unsafe.invokeCleaner}, or null on a JVM without it. */
  private static @Nullable MethodHandle invokeCleaner() {
    try {
      Class<?> type = Class.forName("sun.misc.Unsafe");
      var field = type.getDeclaredField("theUnsafe");
      field.setAccessible(true);
      return MethodHandles.lookup()
          .findVirtual(type, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
          .bindTo(field.get(null));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }
}
