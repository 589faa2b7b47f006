package io.mpsparallel.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class ScalabilityLawTest {
  private static Map<Integer, Double> measured(ScalabilityLaw law, int... sizes) {
    Map<Integer, Double> measured = new TreeMap<>();
    for (int size : sizes) {
      measured.put(size, law.at(size));
    }
    return measured;
  }

  @Test
  void at_knownNumbers_isTheFormula() {
    ScalabilityLaw law = new ScalabilityLaw(1000, 0.1, 0.01);
    assertThat(law.at(1)).isEqualTo(1000);
    assertThat(law.at(4)).isCloseTo(4000 / 1.42, within(1e-6));
  }

  @Test
  void peak_whereItFalls_isTheRootOfOneMinusSigmaOverKappa() {
    assertThat(new ScalabilityLaw(1, 0.1, 0.009).peak(64)).isEqualTo(10);
    assertThat(new ScalabilityLaw(1, 0.1, 0.009).peak(6)).isEqualTo(6);
    assertThat(new ScalabilityLaw(1, 0.1, 0).peak(64)).isEqualTo(64);
    assertThat(new ScalabilityLaw(1, 1, 0.1).peak(64)).isEqualTo(1);
  }

  @Property(tries = 200)
  void fit_withoutNoise_findsTheNumbers(
      @ForAll @DoubleRange(min = 1, max = 1e6) double lambda,
      @ForAll @DoubleRange(max = 0.9) double sigma,
      @ForAll @DoubleRange(max = 0.1) double kappa) {
    ScalabilityLaw law = new ScalabilityLaw(lambda, sigma, kappa);
    ScalabilityLaw found = ScalabilityLaw.fit(measured(law, 1, 2, 4, 8, 16)).orElseThrow();
    assertThat(found.lambda()).isCloseTo(lambda, within(1e-6 * lambda));
    assertThat(found.sigma()).isCloseTo(sigma, within(1e-6));
    assertThat(found.kappa()).isCloseTo(kappa, within(1e-6));
  }

  @Test
  void fit_fewerThanThreeSizes_isEmpty() {
    ScalabilityLaw law = new ScalabilityLaw(1000, 0.1, 0.01);
    assertThat(ScalabilityLaw.fit(measured(law, 1, 2))).isEmpty();
    assertThat(ScalabilityLaw.fit(measured(law, 2, 3, 7))).isPresent();
  }

  @Test
  void fit_fasterThanLinear_staysInRange() {
    Map<Integer, Double> measured = Map.of(1, 1000.0, 2, 2500.0, 4, 6000.0);
    ScalabilityLaw law = ScalabilityLaw.fit(measured).orElseThrow();
    assertThat(law.sigma()).isZero();
    assertThat(law.kappa()).isZero();
    assertThat(law.lambda()).isBetween(1000.0, 1500.0);
  }

  @Test
  void construct_outOfRange_isRefused() {
    assertThatThrownBy(() -> new ScalabilityLaw(0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: above 0, at least 0, at least 0)");
    assertThatThrownBy(() -> new ScalabilityLaw(1, -0.1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ScalabilityLaw(1, 0, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
