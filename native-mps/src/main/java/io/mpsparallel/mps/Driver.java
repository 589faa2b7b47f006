package io.mpsparallel.mps;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What differs between kinds of devices. Everything here that encodes is called inside the encode
 * gate, and everything that waits outside it; a driver has no locks of its own.
 */
interface Driver {
  /** {@return the device} */
  Device device();

  /** {@return its facts} */
  Capabilities capabilities();

  /** {@return libtorch's name for it; never freed} */
  org.bytedeco.pytorch.Device torchDevice();

  /**
   * Whether tensors live in host memory, so that nothing is copied and forwards are synchronous.
   */
  boolean isHost();

  /** Makes a stream; index 0 is the device's default one. Encodes. */
  NativeStream createStream(int index);

  /** Frees a stream that is idle. */
  void destroyStream(NativeStream stream);

  /** Whether a stream has nothing left to do; true where only events can tell. */
  boolean isIdle(NativeStream stream);

  /** Makes a stream the calling thread's current one. */
  void makeCurrent(NativeStream stream);

  /** Makes the default stream the calling thread's current one again. */
  void leaveCurrent();

  /**
   * Returns when other streams may read what the calling thread has just computed on its current
   * one. It only waits where streams overlap, and there is no gate to wait in.
   */
  void publish();

  /**
   * Marks the present end of a stream, and commits; by the thread that is inside it, or, if nobody
   * is, by any. Encodes.
   */
  void record(NativeEvent event, NativeStream stream);

  /** As {@link #record}, while another thread may be inside the stream. */
  default void recordFromOutside(NativeEvent event, NativeStream stream) {
    record(event, stream);
  }

  /** Makes later work on a stream wait for an event. Encodes. */
  void block(NativeEvent event, NativeStream stream);

  /** {@return what makes and asks events; waits outside the gate} */
  EventDriver<NativeEvent> events();

  /** {@return memory that the device copies from and to} */
  MemorySource staging();

  /** {@return what records the work of a stream; null where nothing does} */
  default @Nullable GraphRecorder graphRecorder(NativeStream stream) {
    return null;
  }

  /** {@return bytes of the device's memory that no process has; empty where nobody can tell} */
  OptionalLong freeMemory();

  /** Gives memory that libtorch keeps for reuse back to the device. Encodes. */
  void releaseCache();

  /** Whether the device stays in flight between runs, so that a commit can be put off. */
  boolean coalesces();
}
