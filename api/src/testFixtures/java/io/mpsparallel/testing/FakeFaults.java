package io.mpsparallel.testing;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** What is to go wrong in a {@link FakeBackend}, and when. Any thread. */
public final class FakeFaults {
  private final Map<Integer, InferenceException> forwards = new ConcurrentHashMap<>();
  private final Queue<InferenceException> runs = new ConcurrentLinkedQueue<>();
  private final Queue<InferenceException> enters = new ConcurrentLinkedQueue<>();
  private final Queue<InferenceException> jobs = new ConcurrentLinkedQueue<>();
  private final Map<Device, InferenceException> breaking = new ConcurrentHashMap<>();
  private final Map<Device, InferenceException> broken = new ConcurrentHashMap<>();

  FakeFaults() {}

  /**
   * Makes one forward fail in its slot.
   *
   * @param number which one, counted from 1 since the backend was opened
   * @param failure with what
   */
  public void failForward(int number, InferenceException failure) {
    forwards.put(number, failure);
  }

  /**
   * Makes the next run throw, and all its slots fail. Several calls make several runs fail.
   *
   * @param failure with what; of scope LANE, DEVICE or PROCESS
   */
  public void failRun(InferenceException failure) {
    runs.add(failure);
  }

  /** Makes the next run fail because the device's memory is full. */
  public void outOfMemoryOnce() {
    failRun(new InferenceException(ErrorCode.OUT_OF_MEMORY, "0 bytes left (scripted)"));
  }

  /**
   * Makes the device fail while it does the next run: the event throws, and all slots fail. Only on
   * an asynchronous device.
   *
   * @param failure with what
   */
  public void failOnDevice(InferenceException failure) {
    jobs.add(failure);
  }

  /**
   * Makes the next thread that enters a stream fail.
   *
   * @param failure with what; of scope DEVICE
   */
  public void failEnter(InferenceException failure) {
    enters.add(failure);
  }

  /**
   * Makes a device fail for good: the next run fails, with all that is behind it on the device, and
   * from then on every run, stream and load there. As after a device-side assert.
   *
   * @param device which one
   * @param failure with what the first run fails; {@code DEVICE_FAILED}
   */
  public void breakForGood(Device device, InferenceException failure) {
    breaking.put(device, failure);
  }

  /** {@return what a device is no more used for} */
  @Nullable InferenceException ofDevice(Device device) {
    InferenceException first = broken.get(device);
    return first == null
        ? null
        : new InferenceException(
            ErrorCode.DEVICE_FAILED,
            device
                + " is unusable in this process since an earlier failure ("
                + first.getMessage()
                + "); restart the process, or use worker processes, which are replaced",
            first);
  }

  /** {@return what a run fails with whose turn on the device it is} */
  @Nullable InferenceException onDevice(Device device) {
    InferenceException next = breaking.remove(device);
    if (next != null) {
      broken.put(device, next);
    }
    return broken.get(device);
  }

  /**
   * Breaks a device for good: what is under way there fails, and what comes after.
   *
   * @param device which
   */
  public void breakDevice(Device device) {
    broken.put(
        device, new InferenceException(ErrorCode.DEVICE_FAILED, device + " is broken (scripted)"));
  }

  @Nullable InferenceException ofEnter() {
    return enters.poll();
  }

  @Nullable InferenceException ofForward(int number) {
    return forwards.remove(number);
  }

  @Nullable InferenceException ofRun() {
    return runs.poll();
  }

  @Nullable InferenceException ofJob() {
    return jobs.poll();
  }
}
