package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RoundsTest {
  private static final PrintWriter NOBODY = new PrintWriter(Writer.nullWriter());

  private final List<String> calls = new ArrayList<>();

  /** A cell whose rate is so many in the warm-up, then twice that, and so on. */
  private Cell growing(String name, int rate) {
    return new Cell(
        name,
        time -> {
          calls.add(name + " " + time.toMillis());
          long times = calls.stream().filter(call -> call.startsWith(name)).count();
          return new Measured(
              rate * times, Duration.ofSeconds(1), Measured.histogram(), Measured.histogram());
        });
  }

  private Rounds measure(int rounds) {
    List<Cell> cells = List.of(growing("a", 10), growing("b", 40), growing("c", 20));
    return Rounds.run(cells, rounds, Duration.ofMillis(8), Duration.ZERO, NOBODY);
  }

  @Test
  void cells_areMeasuredOnceInEveryRound() {
    Rounds rounds = measure(3);

    assertThat(calls).hasSize(12);
    assertThat(calls.subList(0, 3)).containsExactlyInAnyOrder("a 4", "b 4", "c 4");
    assertThat(calls.subList(3, 6)).containsExactlyInAnyOrder("a 8", "b 8", "c 8");
    assertThat(calls.subList(6, 9)).containsExactlyInAnyOrder("a 8", "b 8", "c 8");
    assertThat(rounds.rounds()).hasSize(3);
  }

  @Test
  void groups_areMeasuredInOnePiece() {
    List<List<Cell>> groups =
        List.of(List.of(growing("a", 1), growing("b", 1)), List.of(growing("c", 1)));
    Rounds.runGroups(groups, 9, Duration.ofMillis(8), Duration.ZERO, NOBODY);

    assertThat(calls).hasSize(30);
    for (int i = 0; i < calls.size(); i += 3) {
      assertThat(calls.get(i + 1)).as("%s", calls.subList(i, i + 3)).doesNotStartWith("c");
    }
  }

  @Test
  void order_isTheSameInEveryRun() {
    measure(3);
    List<String> first = List.copyOf(calls);
    calls.clear();
    measure(3);

    assertThat(calls).isEqualTo(first);
    assertThat(first.subList(3, 6)).isNotEqualTo(first.subList(6, 9));
  }

  @Test
  void warmUp_isNotCounted() {
    Spread rate = measure(3).rate("a");

    assertThat(rate).isEqualTo(new Spread(30, 20, 40));
  }

  @Test
  void ratios_areMadeWithinARound() {
    Rounds rounds = measure(3);

    assertThat(rounds.ratio("b", "a")).isEqualTo(new Spread(4, 4, 4));
    assertThat(rounds.spread(round -> round.rate("a") / round.best(List.of("b", "c"))).median())
        .isCloseTo(0.25, within(1e-9));
  }

  @Test
  void ratio_valueIsTheUpperQuartile_upToABound() {
    List<Round> rounds =
        IntStream.of(60, 20, 50, 30, 40)
            .mapToObj(rate -> new Round(Map.of("r", measured(rate), "s", measured(10))))
            .toList();

    assertThat(new Ratio("r", 9, "r", "s").value(new Rounds(rounds))).isEqualTo(5);
    assertThat(new Ratio("r", 2, "r", "s").value(new Rounds(rounds))).isEqualTo(2);
  }

  private static Measured measured(int rate) {
    return new Measured(rate, Duration.ofSeconds(1), Measured.histogram(), Measured.histogram());
  }

  @Test
  void spread_ofAnEvenNumber_hasTheMeanOfTheMiddleTwo() {
    assertThat(Spread.of(4, 1, 3, 100)).isEqualTo(new Spread(3.5, 1, 100));
  }

  @Test
  void targets_areMetAtTheBound() {
    assertThat(Target.atLeast(1.9).verdict(1.9)).isEqualTo("yes");
    assertThat(Target.atLeast(1.9).verdict(1.89)).isEqualTo("NO");
    assertThat(Target.atMost(6).verdict(6)).isEqualTo("yes");
    assertThat(Target.atMost(6).verdict(Double.NaN)).isEqualTo("NO");
    assertThat(Target.atMost(6)).hasToString("<= 6.000");
  }

  @Test
  void table_isMarkdownInColumns() {
    String text = new Table("cell", "n").row("a longer one", 7).render();

    assertThat(text.lines())
        .containsExactly(
            "| cell         | n   |", "| ------------ | --- |", "| a longer one | 7   |");
  }
}
