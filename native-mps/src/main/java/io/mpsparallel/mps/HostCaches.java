package io.mpsparallel.mps;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this machine tells the sizes of its caches. Some virtual machines hide them, and then
 * oneDNN in libtorch 2.10 divides by zero when it adds two tensors in its own layout (SIGFPE in
 * {@code simple_sum_t}), which only optimised modules do. Seen on a virtual machine whose CPUID
 * leaves 4 and 0x8000001D are all zero; for Arm the same size of 0 is uxlfoundation/oneDNN#5313.
 * Any thread.
 */
final class HostCaches {
  private static final Logger LOG = LoggerFactory.getLogger(HostCaches.class);

  /** What Linux makes of the same CPUID leaves. */
  private static final Path FIRST = Path.of("/sys/devices/system/cpu/cpu0/cache/index0/size");

  private static final class Known {
    static final boolean VALUE = look();

    private static boolean look() {
      boolean known = areKnown(System.getProperty("os.name", ""), FIRST);
      if (!known) {
        LOG.info(
            "this machine hides the sizes of its caches: models with convolutions run frozen, but"
                + " not optimised, for that would end the process");
      }
      return known;
    }
  }

  private HostCaches() {}

  /** {@return whether the sizes are known here} */
  static boolean areKnown() {
    return Known.VALUE;
  }

  static boolean areKnown(String system, Path first) {
    return !system.toLowerCase(Locale.ROOT).startsWith("linux") || Files.exists(first);
  }
}
