package io.mpsparallel.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The memory of this process's children, as Linux and the GPU's driver count it. Any thread. */
final class ChildMemory {
  private ChildMemory() {}

  /**
   * Memory that is theirs, and their part of what they share with others: its sum counts nothing
   * twice.
   *
   * @return megabytes of 10^6 bytes
   */
  static double pssMegabytes() {
    return ProcessHandle.current().children().mapToLong(ChildMemory::pssKib).sum() * 1024 / 1e6;
  }

  /** {@return what is in use of the first NVIDIA GPU, by whomever; "-" if there is none} */
  static String gpuMegabytes() {
    String[] ask = {"nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"};
    try (BufferedReader in = new ProcessBuilder(ask).start().inputReader()) {
      return String.valueOf(in.readLine());
    } catch (IOException e) {
      return "-"; // there is no such program
    }
  }

  private static long pssKib(ProcessHandle child) {
    Path rollup = Path.of("/proc", String.valueOf(child.pid()), "smaps_rollup");
    try (Stream<String> lines = Files.lines(rollup)) {
      return lines
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
