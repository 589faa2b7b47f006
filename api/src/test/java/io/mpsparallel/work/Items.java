package io.mpsparallel.work;

import io.mpsparallel.backend.Device;
import io.mpsparallel.tensor.NamedTensors;
import java.util.Map;

/** Work items of a version without models. */
final class Items {
  static final Served SERVED = new Served("test", Device.CPU, 1);

  private Items() {}

  static ModelVersion version() {
    return new ModelVersion(Map.of(), () -> {});
  }

  static WorkItem item(Priority priority, long deadlineNanos) {
    return new WorkItem(version(), NamedTensors.of(), true, priority, deadlineNanos);
  }

  static WorkItem item() {
    return item(Priority.NORMAL, WorkItem.NO_DEADLINE);
  }
}
