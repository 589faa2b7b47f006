package io.mpsparallel.mps;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.Device;
import io.mpsparallel.tensor.DType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.OptionalLong;
import java.util.Set;
import org.bytedeco.pytorch.MPSHooksInterface;
import org.bytedeco.pytorch.global.torch;

/**
 * Apple's GPU, through libtorch 2.10's hooks.
 *
 * <p>That version has one command queue, and caches of shader pipelines without a lock, so all
 * encoding of a process goes through one gate of width 1 (the reasons: libtorch issue 197805, pull
 * requests 167541 and 197836). Streams beyond the default one are therefore numbers on the same
 * queue: they order work, and do not overlap. Events come from the hooks' own pool, are never timed
 * by the device, and are polled: waiting on one has no time limit in libtorch, and a faulted
 * command buffer may never signal.
 */
final class MpsDriver implements Driver {
  private static final Set<DType> DTYPES = EnumSet.complementOf(EnumSet.of(DType.FLOAT64));

  private final MPSHooksInterface hooks;
  private final org.bytedeco.pytorch.Device torchDevice = new org.bytedeco.pytorch.Device("mps");
  private final Capabilities capabilities;
  private final Events events = new Events();

  private MpsDriver(MPSHooksInterface hooks, int streamCapacity) {
    this.hooks = hooks;
    this.capabilities =
        new Capabilities(
            1,
            streamCapacity,
            2,
            true,
            false,
            false,
            GraphKey.SHAPE,
            DTYPES,
            hooks.getRecommendedMaxMemory());
  }

  /** Whether there is an Apple GPU that libtorch can use. */
  static boolean isPresent() {
    return torch.getMPSHooks().hasMPS();
  }

  /** The first touch of the device, which libtorch wants on one thread. Encodes. */
  static MpsDriver open(int streamCapacity) {
    MPSHooksInterface hooks = torch.getMPSHooks();
    hooks.init();
    return new MpsDriver(hooks, streamCapacity);
  }

  @Override
  public Device device() {
    return Device.MPS;
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
    return false;
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
    hooks.recordEvent(event.id());
  }

  @Override
  public void block(NativeEvent event, NativeStream stream) {
    hooks.waitForEvent(event.id());
  }

  @Override
  public EventDriver<NativeEvent> events() {
    return events;
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
  public void releaseCache() {
    hooks.emptyCache();
  }

  @Override
  public boolean coalesces() {
    return true;
  }

  private final class Events implements EventDriver<NativeEvent> {
    @Override
    public NativeEvent create(boolean timed) {
      return new NativeEvent(timed, hooks.acquireEvent(false), null);
    }

    @Override
    public void destroy(NativeEvent event) {
      hooks.releaseEvent(event.id());
    }

    @Override
    public boolean query(NativeEvent event) {
      boolean done = hooks.queryEvent(event.id());
      if (done && event.timed()) {
        event.markDone(System.nanoTime());
      }
      return done;
    }

    /**
     * By the host's clock, as of when each event was first seen to be done: the device's own
     * measure drains the whole queue, and hangs if an event was made without timing.
     */
    @Override
    public Duration elapsed(NativeEvent from, NativeEvent to) {
      return Duration.ofNanos(to.doneNanos() - from.doneNanos());
    }
  }
}
