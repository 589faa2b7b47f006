package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The runner of JMH knows every benchmark there is: the compiler lists them for it. */
final class BenchmarkListTest {
  private static final Path SOURCES = Path.of("src/main/java");

  private static Set<String> listed() {
    return BenchmarkList.defaultList()
        .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
        .stream()
        .map(BenchmarkListEntry::getUserClassQName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> written() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(BenchmarkListTest::hasBenchmarks)
          .map(file -> SOURCES.relativize(file).toString().replace(".java", ""))
          .map(name -> name.replaceAll("[/\\\\]", "."))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static boolean hasBenchmarks(Path file) {
    try {
      return Files.readAllLines(file).contains("  @Benchmark");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void benchmarks_areAllInTheRunnersList() throws IOException {
    assertThat(listed()).isEqualTo(written());
  }

  @Test
  void benchmarks_ofStrategiesAndOfEachPart_areThere() {
    assertThat(listed())
        .contains(
            "io.mpsparallel.bench.StrategyBenchmark",
            "io.mpsparallel.bench.HandOverBenchmark",
            "io.mpsparallel.bench.RoundTripBenchmark",
            "io.mpsparallel.batching.BatchFormerBenchmark",
            "io.mpsparallel.mps.ForwardOverheadBenchmark",
            "io.mpsparallel.policy.AdaptivePolicyBenchmark",
            "io.mpsparallel.tensor.TensorHandleBenchmark",
            "io.mpsparallel.work.WorkQueueBenchmark");
  }
}
