package io.mpsparallel.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EvenSpreadTest {
  private static final List<String> PLACES = List.of("a", "b", "c");

  /** What is spread. */
  private record One(String place, int number) {}

  @Test
  void next_nothingThere_isTheFirst() {
    assertThat(EvenSpread.next(PLACES, List.of())).isEqualTo("a");
  }

  @Test
  void next_someThere_isTheFirstOfTheFewest() {
    assertThat(EvenSpread.next(PLACES, List.of("a"))).isEqualTo("b");
    assertThat(EvenSpread.next(PLACES, List.of("b", "a"))).isEqualTo("c");
    assertThat(EvenSpread.next(PLACES, List.of("a", "b", "c"))).isEqualTo("a");
    assertThat(EvenSpread.next(PLACES, List.of("gone", "a", "c", "c"))).isEqualTo("b");
  }

  @Test
  void kept_fewer_takesTheFirstOfEachPlaceInTurn() {
    List<One> all =
        List.of(
            new One("a", 0), new One("a", 1), new One("b", 2), new One("a", 3), new One("b", 4));
    assertThat(EvenSpread.kept(all, 3, One::place))
        .extracting(One::number)
        .containsExactlyInAnyOrder(0, 1, 2);
    assertThat(EvenSpread.kept(all, 0, One::place)).isEmpty();
    assertThat(EvenSpread.kept(all, 9, One::place)).containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void anyChanges_ofTheirNumber_leaveAsManyOnEachPlaceWithinOne() {
    Random random = new Random(8);
    List<One> all = new ArrayList<>();
    for (int change = 0; change < 1_000; change++) {
      int most = random.nextInt(12);
      all = new ArrayList<>(EvenSpread.kept(all, most, One::place));
      while (all.size() < most) {
        all.add(new One(EvenSpread.next(PLACES, all.stream().map(One::place).toList()), change));
      }
      Collections.shuffle(all, random);
      List<One> now = all;
      IntStream counts =
          PLACES.stream()
              .mapToInt(p -> (int) now.stream().filter(o -> o.place().equals(p)).count());
      assertThat(counts.summaryStatistics())
          .satisfies(seen -> assertThat(seen.getMax() - seen.getMin()).isLessThanOrEqualTo(1));
    }
  }
}
