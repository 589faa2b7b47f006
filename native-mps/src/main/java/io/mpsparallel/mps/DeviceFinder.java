package io.mpsparallel.mps;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/** Which devices there are, in the order mps, cuda, cpu, and why others are not. Immutable. */
final class DeviceFinder {
  private final List<Device> devices;
  private final Map<String, String> missing;

  private DeviceFinder(List<Device> devices, Map<String, String> missing) {
    this.devices = List.copyOf(devices);
    this.missing = Map.copyOf(missing);
  }

  static DeviceFinder look() {
    List<Device> found = new ArrayList<>();
    Map<String, String> missing = new TreeMap<>();
    if (MpsDriver.isPresent()) {
      found.add(Device.MPS);
    } else {
      missing.put("mps", "this libtorch, or this machine, has no Apple GPU");
    }
    int gpus = countCuda(missing);
    for (int i = 0; i < gpus; i++) {
      found.add(Device.cuda(i));
    }
    found.add(Device.CPU);
    return new DeviceFinder(found, missing);
  }

  /** Only asks libtorch where it was built for CUDA and the CUDA presets are on the class path. */
  private static int countCuda(Map<String, String> missing) {
    if (!torch.hasDeviceGuardImpl(DeviceType.CUDA)) {
      missing.put("cuda", "this libtorch was built without CUDA (the natives with -gpu have it)");
      return 0;
    }
    try {
      int count = CudaDriver.count();
      if (count == 0) {
        missing.put("cuda", "the driver shows no NVIDIA GPU");
      }
      return count;
    } catch (LinkageError e) {
      missing.put(
          "cuda",
          "org.bytedeco:cuda is not on the class path, or does not load: " + e.getMessage());
      return 0;
    }
  }

  /** {@return the devices that are present} */
  List<Device> devices() {
    return devices;
  }

  /** {@return kinds of devices that are absent, and why} */
  Map<String, String> missing() {
    return missing;
  }

  /** Opens a device that is present. */
  TorchDevice open(Device device, BackendSettings settings) {
    if (!devices.contains(device)) {
      throw new InferenceException(
          ErrorCode.DEVICE_UNAVAILABLE,
          "device: "
              + device
              + " (present: "
              + devices
              + "; "
              + missing.getOrDefault(device.type(), "there is no such device")
              + ")");
    }
    int capacity = settings.streams().capacityOr(device.type().equals("cuda") ? 255 : 31);
    return switch (device.type()) {
      case "mps" -> openMps(settings, capacity);
      case "cuda" -> {
        Driver driver = CudaDriver.open(device.index(), capacity, settings.tf32());
        yield new TorchDevice(driver, gate(device, driver, settings), settings);
      }
      default -> {
        Driver driver = new CpuDriver(capacity);
        yield new TorchDevice(driver, gate(device, driver, settings), settings);
      }
    };
  }

  private static TorchDevice openMps(BackendSettings settings, int capacity) {
    EncodeGate gate = TorchDevice.gateFor(Device.MPS, 1, settings.streams());
    gate.enter(0);
    Driver driver;
    try {
      driver = MpsDriver.open(capacity);
    } finally {
      gate.exit(0);
    }
    return new TorchDevice(driver, gate, settings);
  }

  private static EncodeGate gate(Device device, Driver driver, BackendSettings settings) {
    return TorchDevice.gateFor(
        device, driver.capabilities().concurrentForwards(), settings.streams());
  }
}
