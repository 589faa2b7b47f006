package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogReaderTest {
  private final List<String> logged = new ArrayList<>();

  private LogReader read(String text) {
    var in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    LogReader reader = new LogReader(in, logged::add, () -> 0);
    reader.run();
    return reader;
  }

  @Test
  void lines_withAndWithoutAnEnd_areLoggedAndKept() {
    LogReader reader = read("one\r\nzwei ü\n\nlast");
    assertThat(logged).containsExactly("one", "zwei ü", "", "last");
    assertThat(reader.last()).isEqualTo(logged);
    assertThat(reader.done()).isCompleted();
  }

  @Test
  void last_ofManyLines_areTheLast64() {
    LogReader reader = read(numbers(100));
    assertThat(reader.last()).hasSize(64).startsWith("36").endsWith("99");
  }

  @Test
  void line_over8KiB_isCut() {
    read("x".repeat(9000) + "\nnext\n");
    assertThat(logged).hasSize(2).last().isEqualTo("next");
    assertThat(logged.get(0)).hasSize(8192 + " ... (cut)".length()).endsWith("x ... (cut)");
  }

  @Test
  void lines_beyond1000ASecond_areCounted() {
    LogReader reader = read(numbers(1200));
    assertThat(logged).hasSize(1001).last().asString().startsWith("(200 lines left out");
    assertThat(reader.last()).endsWith("1199");
  }

  @Test
  void lines_ofTheNextSecond_areLoggedAgain() {
    AtomicLong clock = new AtomicLong();
    var in = new ByteArrayInputStream(numbers(1500).getBytes(StandardCharsets.UTF_8));
    new LogReader(in, logged::add, () -> clock.getAndAdd(1_000_000)).run(); // a line each ms
    assertThat(logged).hasSize(1500);
  }

  private static String numbers(int count) {
    return IntStream.range(0, count).mapToObj(i -> i + "\n").collect(Collectors.joining());
  }
}
