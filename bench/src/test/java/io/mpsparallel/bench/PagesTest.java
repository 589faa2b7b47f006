package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tables of the pages that are made out of results. */
final class PagesTest {
  private static final List<String> RESULTS =
      """
      # On some machine

      Words.

      ## First

      | figure | median | min...max | target | met |
      | ------ | ------ | --------- | ------ | --- |
      | speed  | 3.1    | 3.0...3.3 | >= 3   | yes |
      | other  | 1      | 1...1     | -      | -   |

      ### Rates

      | model | rows | callers | threads/s | batching/s | of best |
      | ----- | ---- | ------- | --------- | ---------- | ------- |
      | MLP   | 1    | 1       | 100       | 50         | 1       |
      | MLP   | 1    | 4       | 100       | 105        | 1       |
      | MLP   | 1    | 64      | 100       | 290        | 1       |
      | bert  | 8    | 16      | 30.5      | 15.25      | 1       |
      """
          .lines()
          .toList();

  private static List<String> cells(Table table) {
    return table.render().lines().map(line -> line.replaceAll(" +", " ")).toList();
  }

  @Test
  void targets_areThoseOfAllTables_withoutFiguresThatHaveNone() {
    assertThat(cells(Pages.targets(ResultTable.in("x.md", RESULTS))))
        .hasSize(3)
        .last()
        .isEqualTo(
            "| speed | 3.1 | 3.0...3.3 | >= 3 | yes | [On some machine](../bench/results/x.md) |");
  }

  @Test
  void choices_nameTheFasterOneByCallers() {
    assertThat(cells(Pages.choices(ResultTable.in("x.md", RESULTS))))
        .hasSize(4)
        .endsWith(
            "| [On some machine](../bench/results/x.md) | MLP | 1 | threads 2.0x | either | |"
                + " batching 2.9x |",
            "| [On some machine](../bench/results/x.md) | bert | 8 | | | threads 2.0x | |");
  }

  @Test
  void replaced_isOnlyWhatIsBetweenTheMarks() {
    String page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
    Table table = new Table("one").row("two");
    String once = Pages.replaced(page, "x", table);
    assertThat(once).startsWith("a\n<!-- begin x -->\n\n| one |").endsWith("<!-- end x -->\nb\n");
    assertThat(once).contains("two").doesNotContain("old");
    assertThat(Pages.replaced(once, "x", table)).isEqualTo(once);
    assertThatThrownBy(() -> Pages.replaced(page, "y", table)).hasMessageContaining("begin y");
  }

  /** Whoever adds results runs {@code bin/mps-parallel scenario pages}. */
  @Test
  void committedPages_areWhatTheCommandWouldWrite() {
    new Pages(Path.of("results").toAbsolutePath())
        .made()
        .forEach((page, text) -> assertThat(page).content().isEqualTo(text));
  }
}
