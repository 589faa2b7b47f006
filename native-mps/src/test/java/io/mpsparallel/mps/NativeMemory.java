package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;

/** What a process holds besides the heap, looked at while many inferences run. */
final class NativeMemory {
  static final int INFERENCES = 100_000;
  private static final int QUARTER = INFERENCES / 4;
  private static final int LOOK = 500; // more often than the collector could hide something
  private static final long MAX_GROWTH_KIB = 16 * 1024;
  private static final long MAX_POINTERS = 100;
  private static final Path STATUS = Path.of("/proc/self/status");

  private final String how;
  private final TorchDevice device;
  private long mostPointers;

  NativeMemory(String how, TorchDevice device) {
    this.how = how;
    this.device = device;
  }

  /** How many native objects JavaCPP would free, had nobody else done it. */
  static long pointers() {
    return Pointer.totalCount();
  }

  /**
   * Runs a hundred thousand inferences, after half as many for Java's compiler, which takes tens of
   * MiB while it is at work. The first quarter is for pools to find their sizes.
   *
   * @param together how many inferences one call does
   * @param inferences does them, and is given the number of the first
   */
  void assertFlat(int together, IntConsumer inferences) {
    inferences.accept(0);
    long pointersBefore = pointers();
    run(together, inferences, 0);
    run(together, inferences, 0);
    print(0);
    long first = residentKib();
    run(together, inferences, 0);
    long settled = Math.max(first, residentKib()); // some kernels take back pages that rest
    long directSettled = directBuffers();
    print(QUARTER);
    for (int done = QUARTER; done < INFERENCES; done += QUARTER) {
      run(together, inferences, done);
      print(done + QUARTER);
    }
    assertThat(mostPointers - pointersBefore).as("JavaCPP pointers").isLessThan(MAX_POINTERS);
    assertThat(directBuffers() - directSettled).as("direct buffers").isLessThan(MAX_POINTERS);
    assertThat(residentKib() - settled).as("resident KiB").isLessThan(MAX_GROWTH_KIB);
    assertThat(device.events().inUse()).as("open events").isLessThan(10);
  }

  private void run(int together, IntConsumer inferences, int from) {
    for (int number = from; number < from + QUARTER; number += together) {
      inferences.accept(number);
      if (number % LOOK == 0) {
        mostPointers = Math.max(mostPointers, pointers());
      }
    }
  }

  private void print(int done) {
    System.out.printf(
        Locale.ROOT,
        "%-22s %6d: resident %d KiB, JavaCPP %d pointers of %d bytes, direct buffers %d,"
            + " staging %d used %d kept, events %d open %d created%n",
        how,
        done,
        residentKib(),
        pointers(),
        Pointer.totalBytes(),
        directBuffers(),
        device.buffers().usedBytes(),
        device.buffers().cachedBytes(),
        device.events().inUse(),
        device.events().created());
  }

  private static long directBuffers() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getCount)
        .sum();
  }

  /** The resident set; 0 where the system does not say. */
  private static long residentKib() {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
