package io.mpsparallel.processes;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Frees direct and mapped buffers by {@code Unsafe.invokeCleaner}; without it the collector does.
 */
final class Unmapper {
  private static final @Nullable MethodHandle CLEANER = cleaner();

  private Unmapper() {}

  /** Frees the memory of a buffer that is no slice and that nobody uses any more. */
  static void free(ByteBuffer buffer) {
    if (CLEANER == null) {
      return;
    }
    try {
      CLEANER.invokeExact(buffer);
    } catch (Throwable e) {
      throw new IllegalStateException("cannot free a buffer of shared memory", e);
    }
  }

  private static @Nullable MethodHandle cleaner() {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      var field = unsafe.getDeclaredField("theUnsafe");
      field.setAccessible(true);
      MethodType type = MethodType.methodType(void.class, ByteBuffer.class);
      return MethodHandles.lookup()
          .findVirtual(unsafe, "invokeCleaner", type)
          .bindTo(field.get(null));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }
}
