package io.mpsparallel.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FigureTest {
  private static Figure figure(double perSecond, double nanos) {
    return new Figure(perSecond, nanos, 8, 10_000);
  }

  @Test
  void gainOver_lessTime_isHowMuchFaster() {
    assertThat(figure(100, 80).gainOver(figure(100, 100)).orElseThrow())
        .isCloseTo(0.25, within(1e-9));
    assertThat(figure(100, 200).gainOver(figure(100, 100)).orElseThrow())
        .isCloseTo(-0.5, within(1e-9));
  }

  @Test
  void gainOver_lessTimeButFewerRows_isUnknown() {
    assertThat(figure(80, 80).gainOver(figure(100, 100))).isEmpty();
    assertThat(figure(125, 125).gainOver(figure(100, 100))).isEmpty();
    assertThat(figure(97, 80).gainOver(figure(100, 100))).isPresent();
  }

  @Test
  void gainOver_fewRequests_allowsForChance() {
    Figure few = new Figure(80, 80, 8, 20);
    assertThat(few.gainOver(figure(100, 100))).isPresent();
    assertThat(new Figure(60, 80, 8, 20).gainOver(figure(100, 100))).isEmpty();
  }

  @Test
  void gainOver_nothingMeasured_isUnknown() {
    assertThat(figure(0, 80).gainOver(figure(100, 100))).isEmpty();
    assertThat(figure(100, 0).gainOver(figure(100, 100))).isEmpty();
    assertThat(figure(100, 80).gainOver(figure(0, 0))).isEmpty();
  }

  @Test
  void median_oneFarOff_doesNotMatter() {
    List<Figure> figures = List.of(figure(100, 10), figure(102, 12), figure(1e9, 0));
    assertThat(Figure.median(figures)).isEqualTo(figure(102, 10));
    assertThat(Figure.median(List.of(figure(100, 10), figure(104, 20)))).isEqualTo(figure(102, 15));
  }

  // ---- gathering ----

  private static Optional<Figure> add(Gathering gathering, long requests, long rows) {
    return gathering.add(
        new LoadSample(Loop.SMALL, Choice.THREADS, 4, requests, rows, 500_000_000, 1000));
  }

  @Test
  void add_enoughRequests_isAFigure() {
    assertThat(add(new Gathering(), 20, 100)).contains(new Figure(200, 1000, 4, 20));
    assertThat(add(new Gathering(), 20, 0)).contains(new Figure(40, 1000, 4, 20));
  }

  @Test
  void add_fewRequests_areMergedUntilThereAreEnough() {
    Gathering gathering = new Gathering();
    assertThat(add(gathering, 10, 10)).isEmpty();
    assertThat(add(gathering, 9, 9)).isEmpty();
    assertThat(add(gathering, 1, 1)).contains(new Figure(20 / 1.5, 1000, 4, 20));
    assertThat(add(gathering, 1, 1)).isEmpty();
  }

  @Test
  void add_veryFewRequests_areMergedForTwoSeconds() {
    Gathering gathering = new Gathering();
    assertThat(add(gathering, 1, 1)).isEmpty();
    assertThat(add(gathering, 0, 0)).isEmpty();
    assertThat(add(gathering, 0, 0)).isEmpty();
    assertThat(add(gathering, 1, 1)).contains(new Figure(1, 1000, 4, 2));
    assertThat(add(gathering, 0, 0)).isEmpty();
  }
}
