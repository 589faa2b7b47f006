package io.mpsparallel.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code docs/errors.md}, which every code's Javadoc promises a paragraph in. */
final class ErrorsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "errors.md");
  private static final String SCOPE = "## Scope ";
  private static final String CODE = "### ";

  @Test
  void page_hasEveryCodeUnderItsScope_andNoOther() throws IOException {
    List<String> found = new ArrayList<>();
    String scope = "";
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith(SCOPE)) {
        scope = line.substring(SCOPE.length());
      } else if (line.startsWith(CODE)) {
        found.add(scope + " " + line.substring(CODE.length()));
      }
    }
    assertThat(found)
        .containsExactlyElementsOf(
            Arrays.stream(ErrorCode.values()).map(code -> code.scope() + " " + code).toList());
  }

  @Test
  void paragraphs_eachHaveAnExampleAndAnAdvice() throws IOException {
    List<String> sections = List.of(Files.readString(PAGE).split("(?m)^#{2,3} "));
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(sections)
          .filteredOn(section -> section.startsWith(code + "\n"))
          .singleElement()
          .satisfies(
              section ->
                  assertThat(section)
                      .containsPattern("(?m)^Example: (`" + code + ": |none yet)")
                      .containsPattern("(?m)^Do: "));
    }
  }
}
