package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeFunction;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A fake engine that worker processes find by its id, whose models also crash, abort, exit, print,
 * never return, and allocate without end. Its models need no file but one whose name is theirs. Any
 * thread.
 */
public final class TroubledProvider implements BackendProvider {
  static final String ID = "troubled";

  private static final long CHUNK_BYTES = 1 << 20;
  private static final long PAUSE_NANOS = 500_000;

  /** For {@link java.util.ServiceLoader}. */
  public TroubledProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public Backend open(BackendSettings settings) {
    FakeBackendBuilder parts = FakeBackend.builder().settings(settings);
    parts.model("crashing", after(TroubledProvider::crash));
    parts.model("aborting", after(TroubledProvider::abort));
    parts.model("exiting", after(() -> System.exit(3)));
    parts.model("printing", after(TroubledProvider::print));
    parts.model("endless", after(TroubledProvider::hang));
    parts.model("greedy", after(TroubledProvider::takeMemory));
    parts.model("unexpected", after(TroubledProvider::stumble));
    parts.model("broken", after(TroubledProvider::breakDevice));
    return parts.build();
  }

  private static FakeFunction after(Runnable trouble) {
    return in -> {
      trouble.run();
      return NamedTensors.of(in.get(0).share());
    };
  }

  /** Writes to address 0. */
  private static void crash() {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      unsafe.getMethod("putAddress", long.class, long.class).invoke(instance.get(null), 0L, 0L);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void abort() {
    long self = ProcessHandle.current().pid();
    try {
      new ProcessBuilder(List.of("kill", "-ABRT", String.valueOf(self))).start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    hang();
  }

  private static void print() {
    for (PrintStream stream : List.of(System.out, System.err)) {
      stream.println("printed by a model");
      stream.flush();
    }
  }

  private static void hang() {
    while (true) {
      LockSupport.park();
    }
  }

  /** Takes native memory, and uses it, without end. */
  private static void takeMemory() {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      Method allocate = unsafe.getMethod("allocateMemory", long.class);
      Method fill = unsafe.getMethod("setMemory", long.class, long.class, byte.class);
      while (true) {
        Object address = allocate.invoke(instance.get(null), CHUNK_BYTES);
        fill.invoke(instance.get(null), address, CHUNK_BYTES, (byte) 1);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void stumble() {
    throw new AssertionError("a mistake of the engine");
  }

  private static void breakDevice() {
    throw new InferenceException(ErrorCode.DEVICE_FAILED, "unusable from now on");
  }
}
