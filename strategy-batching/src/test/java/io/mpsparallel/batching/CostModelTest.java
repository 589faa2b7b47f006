package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CostModelTest {
  private static CostModel measured(int times, long fixed, long perRow, int... sizes) {
    CostModel model = CostModel.NONE;
    for (int i = 0; i < times; i++) {
      int rows = sizes[i % sizes.length];
      model = model.with(rows, fixed + perRow * rows);
    }
    return model;
  }

  @Test
  void model_ofALine_findsIt() {
    CostModel model = measured(10, 50_000, 700, 1, 8, 64);
    assertThat(model.isKnown()).isTrue();
    assertThat(model.fixedNanos()).isCloseTo(50_000, within(1.0));
    assertThat(model.rowNanos()).isCloseTo(700, within(0.1));
    assertThat(model.nanos(10)).isCloseTo(57_000, within(1.0));
  }

  @Test
  void model_fewMeasurementsOrOneSize_isUnknown() {
    assertThat(CostModel.NONE.isKnown()).isFalse();
    assertThat(measured(3, 10, 1, 1, 8).isKnown()).isFalse();
    assertThat(measured(100, 10, 1, 8).isKnown()).isFalse();
    assertThat(measured(4, 10, 1, 1, 8).isKnown()).isTrue();
  }

  @Test
  void model_costChanges_forgetsTheOldOne() {
    CostModel model = measured(100, 1_000, 10, 1, 8);
    for (int i = 0; i < 400; i++) {
      int rows = i % 2 == 0 ? 1 : 8;
      model = model.with(rows, 5_000 + 40 * rows);
    }
    assertThat(model.fixedNanos()).isCloseTo(5_000, within(5.0));
    assertThat(model.rowNanos()).isCloseTo(40, within(0.5));
  }

  @Test
  void model_moreRowsTookLess_hasNoCostForRows() {
    CostModel model = CostModel.NONE.with(1, 100).with(2, 80).with(3, 60).with(4, 40);
    assertThat(model.isKnown()).isTrue();
    assertThat(model.rowNanos()).isZero();
    assertThat(model.fixedNanos()).isCloseTo(70, within(1.5));
  }

  @Test
  void model_costGrowsFasterThanRows_hasNoFixedCost() {
    CostModel model = CostModel.NONE.with(1, 1).with(2, 10).with(4, 100).with(8, 1_000);
    assertThat(model.fixedNanos()).isCloseTo(0, within(1e-6));
    assertThat(model.rowNanos()).isPositive();
  }

  @Property
  void model_ofAnything_isNeverNegative(
      @ForAll @Size(min = 4, max = 50) List<@IntRange(min = 1, max = 1000) Integer> sizes,
      @ForAll @Size(50) List<@LongRange(min = 1, max = 1_000_000_000L) Long> nanos) {
    CostModel model = CostModel.NONE;
    for (int i = 0; i < sizes.size(); i++) {
      model = model.with(sizes.get(i), nanos.get(i));
    }
    if (model.isKnown()) {
      assertThat(model.fixedNanos()).isGreaterThan(-1e-3);
      assertThat(model.rowNanos()).isNotNegative();
      assertThat(model.nanos(1)).isFinite();
    }
  }

  @Test
  void arrivals_gaps_areAveraged() {
    assertThat(Arrivals.NONE.gapNanos()).isInfinite();
    assertThat(Arrivals.NONE.with(5).gapNanos()).isInfinite();
    assertThat(Arrivals.NONE.with(5).with(15).gapNanos()).isEqualTo(10);
    assertThat(Arrivals.NONE.with(5).with(15).with(35).gapNanos()).isEqualTo(11);
    assertThat(Arrivals.NONE.with(5).with(3).gapNanos()).isZero();
  }
}
