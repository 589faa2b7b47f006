package io.mpsparallel.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/adaptive.md}, which {@link Reason} promises a row of each in. */
class AdaptivePageTest {
  private static final Path PAGE = Path.of("..", "docs", "adaptive.md");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([A-Z_]+)` \\| \\S.*\\|$");

  @Test
  void page_hasARowForEveryReason_andNoOther() throws IOException {
    List<String> rows =
        ROW.matcher(Files.readString(PAGE)).results().map(row -> row.group(1)).toList();
    assertThat(rows)
        .containsExactlyElementsOf(Arrays.stream(Reason.values()).map(Reason::code).toList());
  }

  @Test
  void page_namesEveryChoice() throws IOException {
    String page = Files.readString(PAGE);
    assertThat(Loop.ALL).allSatisfy(choice -> assertThat(page).contains("`" + choice.id() + "`"));
  }
}
