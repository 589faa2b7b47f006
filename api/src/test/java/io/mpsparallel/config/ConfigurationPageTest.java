package io.mpsparallel.config;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} against {@code reference.conf}. */
final class ConfigurationPageTest {
  private static final Path PAGE = Path.of("..", "docs", "configuration.md");

  /** The cells of each row of the table, but for its head. */
  private static List<List<String>> rows() throws IOException {
    return Files.readAllLines(PAGE).stream()
        .filter(line -> line.startsWith("| `"))
        .map(line -> Arrays.stream(line.split("\\|")).map(String::strip).skip(1).toList())
        .toList();
  }

  private static Map<String, String> shown() throws IOException {
    return rows().stream().collect(toMap(cells -> bare(cells.get(0)), cells -> bare(cells.get(3))));
  }

  private static String bare(String cell) {
    return cell.replace("`", "");
  }

  private static Map<String, String> real() {
    Config reference =
        ConfigFactory.parseResourcesAnySyntax("reference.conf").getConfig(HoconSettings.ROOT);
    return reference.entrySet().stream()
        .collect(toMap(Map.Entry::getKey, entry -> entry.getValue().unwrapped().toString()));
  }

  @Test
  void page_hasEveryKeyWithItsDefault_andNoOther() throws IOException {
    assertThat(shown()).isNotEmpty().containsExactlyInAnyOrderEntriesOf(real());
  }

  @Test
  void rows_areComplete() throws IOException {
    assertThat(rows()).allSatisfy(cells -> assertThat(cells).hasSize(4).noneMatch(String::isBlank));
  }
}
