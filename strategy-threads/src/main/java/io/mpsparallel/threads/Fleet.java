package io.mpsparallel.threads;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.policy.EvenSpread;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices of the lanes, and which of them have failed. One that fails is lost while others are
 * left: nothing runs on it any more. The last one is kept, so that requests are told what it fails
 * with. Any thread.
 */
final class Fleet {
  private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

  private final List<Device> devices;
  private final Consumer<Device> onLost;
  private final Set<Device> failed = ConcurrentHashMap.newKeySet(); // written under the monitor
  private final Set<Device> lost = ConcurrentHashMap.newKeySet(); // written under the monitor

  /**
   * All of them well.
   *
   * @param devices at least one
   * @param onLost told once of each that is lost, by whoever notices
   */
  Fleet(List<Device> devices, Consumer<Device> onLost) {
    this.devices = devices;
    this.onLost = onLost;
  }

  /** {@return whether nothing is to run there any more} */
  boolean isLost(Device device) {
    return !lost.isEmpty() && lost.contains(device);
  }

  /** {@return those that have failed, the last one among them} */
  Set<Device> failed() {
    return Set.copyOf(failed);
  }

  /** {@return how many are not lost} */
  int left() {
    return devices.size() - lost.size();
  }

  /** {@return where one more lane goes} */
  Device next(Collection<Device> lanes) {
    return EvenSpread.next(those(), lanes);
  }

  /** {@return each of those that are not lost in turn} */
  Device at(int number) {
    List<Device> those = those();
    return those.get(number % those.size());
  }

  private List<Device> those() {
    return devices.stream().filter(device -> !isLost(device)).toList();
  }

  /**
   * Something failed on a device; if it is not usable any more, that is remembered. Nor is one that
   * a model is not on: another strategy has lost it before the model was loaded.
   *
   * @return whether the device is lost
   */
  boolean note(Device device, InferenceException failure) {
    boolean over =
        failure.code() == ErrorCode.DEVICE_FAILED || failure.code() == ErrorCode.DEVICE_UNAVAILABLE;
    if (!over || devices.size() == 1) {
      return false;
    }
    if (hasFailed(device)) {
      LOG.error("{} failed; nothing runs there any more ({} left)", device, left(), failure);
      Events.deviceLost(device, failure);
      onLost.accept(device);
    }
    return isLost(device);
  }

  /** Whether it is lost, and was not before. */
  private synchronized boolean hasFailed(Device device) {
    return failed.add(device) && failed.size() < devices.size() && lost.add(device);
  }
}
