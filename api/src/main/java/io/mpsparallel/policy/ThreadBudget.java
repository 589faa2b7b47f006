package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ThreadSettings;
import java.util.Optional;

/**
 * How many lanes each device gets, and how many threads each forward, so that what is automatic
 * adds up to no more threads than there are CPUs. What was set explicitly is taken as it is.
 * Immutable, any thread.
 *
 * @param cpus the CPUs granted to the process, at least 1
 * @param devices how many devices, alike, at least 1
 * @param lanes the lanes of each device, at least 1 and at most the streams of the device
 * @param facts the facts of each device
 * @param asked the threads of a forward, as set
 */
public record ThreadBudget(
    int cpus, int devices, int lanes, Capabilities facts, ThreadSettings asked) {
  /**
   * Host threads that keep a GPU busy. Forwards of one row through a small MLP, each thread with a
   * stream of its own, on an H200: 37,903/s with 4 threads, 50,426/s with 8, 52,568/s with 16, and
   * less with 32.
   */
  private static final int GPU_LANES = 8;

  // Checks the ranges.
  public ThreadBudget {
    requireNonNull(facts, "facts");
    requireNonNull(asked, "asked");
    if (cpus < 1 || devices < 1 || lanes < 1) {
      throw new IllegalArgumentException(
          "cpus, devices, lanes: "
              + cpus
              + ", "
              + devices
              + ", "
              + lanes
              + " (expected: at least 1)");
    }
    if (lanes > facts.streamCapacity()) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "lanes.count: "
              + lanes
              + " (expected: at most "
              + facts.streamCapacity()
              + ", the streams of the device: see streams.capacity)");
    }
    if (devices > 1 && (long) lanes * devices > LaneSettings.MOST) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "lanes.count: "
              + lanes
              + " on each of "
              + devices
              + " devices (expected: at most "
              + LaneSettings.MOST
              + " in all)");
    }
  }

  /**
   * Sizes what is automatic.
   *
   * @param cpus the CPUs granted to the process, at least 1
   * @param devices how many devices, alike, at least 1
   * @param facts the facts of each device
   * @param lanes how many lanes of each device are asked for
   * @param threads how many threads of a forward are asked for
   * @return the budget
   * @throws InferenceException {@code CONFIG_INVALID} if more lanes are asked for than the device
   *     has streams
   */
  public static ThreadBudget of(
      int cpus, int devices, Capabilities facts, LaneSettings lanes, ThreadSettings threads) {
    int count =
        lanes.count() == LaneSettings.AUTO ? fitting(cpus, devices, facts, threads) : lanes.count();
    return new ThreadBudget(cpus, devices, count, facts, threads);
  }

  /** As many lanes as leave each its explicit threads, and the device can use. */
  private static int fitting(int cpus, int devices, Capabilities facts, ThreadSettings threads) {
    int each = Math.max(1, Math.max(threads.intraOp(), threads.blas())); // automatic is 0
    int most = LaneSettings.MOST / devices;
    int useful = facts.asynchronous() ? Math.min(GPU_LANES, most) : most;
    int usable = Math.min(facts.concurrentForwards(), facts.streamCapacity());
    return Math.max(1, Math.min(cpus / each / devices, Math.min(useful, usable)));
  }

  /**
   * The CPUs that this process may use. The JVM sees to control groups: on Linux it takes the
   * smaller of the CPUs that the process may run on and the group's quota, rounded up, so that a
   * quota of 1.5 CPUs is 2 ({@code CgroupSubsystem::active_processor_count} in JDK 17). The option
   * {@code -XX:ActiveProcessorCount} overrides it. It can change while the process runs.
   *
   * @return the CPUs, at least 1
   */
  public static int grantedCpus() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** {@return the lanes of all devices} */
  public int total() {
    return devices * lanes;
  }

  /**
   * Threads of one operation on the CPU: as set, or this lane's part of the CPUs; 1 where the
   * device is not the CPU.
   *
   * @return the threads, at least 1
   */
  public int intraOp() {
    if (asked.intraOp() != ThreadSettings.AUTO) {
      return asked.intraOp();
    }
    return facts.asynchronous() ? 1 : Math.max(1, cpus / total());
  }

  /** {@return threads of the linear-algebra library: as set, or the same as {@link #intraOp}} */
  public int blas() {
    return asked.blas() == ThreadSettings.AUTO ? intraOp() : asked.blas();
  }

  /** {@return what to tell the backend, with nothing automatic left} */
  public ThreadSettings threads() {
    return new ThreadSettings(intraOp(), blas());
  }

  /**
   * The budget for another number of lanes: explicit threads stay, automatic ones are sized anew.
   *
   * @param changed the lanes of each device, at least 1
   * @return the changed budget
   * @throws InferenceException {@code CONFIG_INVALID} if the device has fewer streams
   */
  public ThreadBudget withLanes(int changed) {
    return new ThreadBudget(cpus, devices, changed, facts, asked);
  }

  /**
   * A warning, if explicit settings ask for more threads than there are CPUs.
   *
   * @return the warning with the numbers and what to do, or empty if the threads fit
   */
  public Optional<String> overcommitment() {
    int each = Math.max(intraOp(), blas());
    long total = (long) total() * each;
    if (total <= cpus) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            "lanes x threads of a forward: %d x %d = %d (expected: at most %d, the CPUs granted to"
                + " this process); lower %s, or leave one of them to auto: libtorch with more"
                + " threads than CPUs ran at 0.7 to 0.8 times the speed of one thread (2 cores)",
            total(), each, total, cpus, "lanes.count, threads.intra-op or threads.blas"));
  }
}
