package io.mpsparallel.mps;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.Device;
import io.mpsparallel.tensor.DType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.OptionalLong;

/** The host: forwards are done when they return, so streams and events are no more than numbers. */
final class CpuDriver implements Driver {
  private final org.bytedeco.pytorch.Device torchDevice = new org.bytedeco.pytorch.Device("cpu");
  private final Capabilities capabilities;

  CpuDriver(int streamCapacity) {
    capabilities =
        new Capabilities(
            Capabilities.UNLIMITED,
            streamCapacity,
            1,
            false,
            true,
            true,
            GraphKey.MODEL,
            EnumSet.allOf(DType.class),
            0);
  }

  @Override
  public Device device() {
    return Device.CPU;
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public org.bytedeco.pytorch.Device torchDevice() {
    return torchDevice;
  }

  @Override
  public boolean isHost() {
    return true;
  }

  @Override
  public NativeStream createStream(int index) {
    return new NativeStream(index, null, null);
  }

  @Override
  public void destroyStream(NativeStream stream) {}

  @Override
  public boolean isIdle(NativeStream stream) {
    return true;
  }

  @Override
  public void makeCurrent(NativeStream stream) {}

  @Override
  public void leaveCurrent() {}

  @Override
  public void publish() {}

  @Override
  public void record(NativeEvent event, NativeStream stream) {
    event.nanos(System.nanoTime());
  }

  @Override
  public void block(NativeEvent event, NativeStream stream) {}

  @Override
  public EventDriver<NativeEvent> events() {
    return Events.INSTANCE;
  }

  @Override
  public MemorySource staging() {
    return HostMemory.INSTANCE;
  }

  @Override
  public OptionalLong freeMemory() {
    return OptionalLong.empty();
  }

  @Override
  public void releaseCache() {}

  @Override
  public boolean coalesces() {
    return false;
  }

  private enum Events implements EventDriver<NativeEvent> {
    INSTANCE;

    @Override
    public NativeEvent create(boolean timed) {
      return new NativeEvent(timed, 0, null);
    }

    @Override
    public void destroy(NativeEvent event) {}

    @Override
    public boolean query(NativeEvent event) {
      return true;
    }

    @Override
    public Duration elapsed(NativeEvent from, NativeEvent to) {
      return Duration.ofNanos(to.nanos() - from.nanos());
    }
  }
}
