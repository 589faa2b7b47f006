package io.mpsparallel.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * Both 16-bit formats against a second formulation: their values by the definition, and rounding by
 * a search among all of them in double arithmetic, which is exact here.
 */
class HalfFloatsTest {
  private static final int FLOAT16_INFINITY = 0x7c00;
  private static final int BFLOAT16_INFINITY = 0x7f80;

  /** Values of the finite non-negative patterns, in order; the last one is what follows them. */
  private static final double[] FLOAT16 = values(FLOAT16_INFINITY, 10, 15);

  private static final double[] BFLOAT16 = values(BFLOAT16_INFINITY, 7, 127);

  private static double[] values(int infinity, int fractionBits, int bias) {
    double[] values = new double[infinity + 1];
    for (int bits = 0; bits <= infinity; bits++) {
      int exponent = bits >> fractionBits;
      double fraction = (bits & ((1 << fractionBits) - 1)) / (double) (1 << fractionBits);
      values[bits] =
          exponent == 0
              ? fraction * Math.pow(2, 1 - bias)
              : (1 + fraction) * Math.pow(2, exponent - bias);
    }
    return values;
  }

  /** The pattern of the nearest value, of the even pattern of two that are equally near. */
  private static int nearest(double[] values, double magnitude) {
    int low = 0;
    int high = values.length - 1;
    if (magnitude >= values[high]) {
      return high;
    }
    while (high - low > 1) {
      int middle = (low + high) / 2;
      if (values[middle] <= magnitude) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double below = magnitude - values[low];
    double above = values[high] - magnitude;
    return below < above || (below == above && low % 2 == 0) ? low : high;
  }

  private static int expected(double[] values, float value) {
    int sign = Float.floatToRawIntBits(value) < 0 ? 0x8000 : 0;
    return sign | nearest(values, Math.abs((double) value));
  }

  private static void assertFloat16(float value) {
    assertThat(HalfFloats.toFloat16(value) & 0xffff)
        .as("float16 of %a", value)
        .isEqualTo(expected(FLOAT16, value));
  }

  private static void assertBfloat16(float value) {
    assertThat(HalfFloats.toBfloat16(value) & 0xffff)
        .as("bfloat16 of %a", value)
        .isEqualTo(expected(BFLOAT16, value));
  }

  @Test
  void fromFloat16_everyFinitePattern_hasTheValueOfTheDefinition() {
    assertValues(FLOAT16, FLOAT16_INFINITY, bits -> HalfFloats.fromFloat16((short) bits));
  }

  @Test
  void fromBfloat16_everyFinitePattern_hasTheValueOfTheDefinition() {
    assertValues(BFLOAT16, BFLOAT16_INFINITY, bits -> HalfFloats.fromBfloat16((short) bits));
  }

  private static void assertValues(double[] values, int infinity, IntFunction<Float> from) {
    for (int bits = 0; bits < infinity; bits++) {
      assertThat((double) from.apply(bits)).isEqualTo(values[bits]);
      assertThat((double) from.apply(bits | 0x8000)).isEqualTo(-values[bits]);
    }
    assertThat(from.apply(infinity)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(from.apply(infinity | 0x8000)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(Float.floatToRawIntBits(from.apply(0x8000))).isEqualTo(0x80000000);
  }

  @Test
  void toFloat16_everyPatternAsFloat_comesBack() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = HalfFloats.fromFloat16((short) bits);
      int back = HalfFloats.toFloat16(value) & 0xffff;
      if ((bits & 0x7fff) > FLOAT16_INFINITY) {
        assertThat(value).isNaN();
        assertThat(back & 0x7fff).isGreaterThan(FLOAT16_INFINITY);
      } else {
        assertThat(back).isEqualTo(bits);
      }
    }
  }

  @Test
  void toBfloat16_everyPatternAsFloat_comesBack() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = HalfFloats.fromBfloat16((short) bits);
      int back = HalfFloats.toBfloat16(value) & 0xffff;
      if ((bits & 0x7fff) > BFLOAT16_INFINITY) {
        assertThat(value).isNaN();
        assertThat(back & 0x7fff).isGreaterThan(BFLOAT16_INFINITY);
      } else {
        assertThat(back).isEqualTo(bits);
      }
    }
  }

  @Property(tries = 20_000)
  void toFloat16_anyFloat_isTheNearest(@ForAll int bits) {
    float value = Float.intBitsToFloat(bits);
    if (Float.isNaN(value)) {
      assertThat(HalfFloats.fromFloat16(HalfFloats.toFloat16(value))).isNaN();
    } else {
      assertFloat16(value);
    }
  }

  @Property(tries = 20_000)
  void toBfloat16_anyFloat_isTheNearest(@ForAll int bits) {
    float value = Float.intBitsToFloat(bits);
    if (Float.isNaN(value)) {
      assertThat(HalfFloats.fromBfloat16(HalfFloats.toBfloat16(value))).isNaN();
    } else {
      assertBfloat16(value);
    }
  }

  @Property(tries = 20_000)
  void toFloat16_floatInItsRange_isTheNearest(
      @ForAll @IntRange(min = 0x32800000, max = 0x47800000) int bits, @ForAll boolean negative) {
    assertFloat16(Float.intBitsToFloat(negative ? bits | 0x80000000 : bits));
  }

  @Test
  void toFloat16_everyMiddleAndItsNeighbours_areRoundedToTheNearest() {
    for (int bits = 0; bits < FLOAT16_INFINITY; bits++) {
      float middle = (float) ((FLOAT16[bits] + FLOAT16[bits + 1]) / 2);
      assertFloat16(middle);
      assertFloat16(-middle);
      assertFloat16(Math.nextUp(middle));
      assertFloat16(Math.nextDown(middle));
    }
  }

  @Test
  void toBfloat16_everyMiddleAndItsNeighbours_areRoundedToTheNearest() {
    for (int bits = 0; bits < BFLOAT16_INFINITY - 1; bits++) {
      float middle = (float) ((BFLOAT16[bits] + BFLOAT16[bits + 1]) / 2);
      assertBfloat16(middle);
      assertBfloat16(-middle);
      assertBfloat16(Math.nextUp(middle));
      assertBfloat16(Math.nextDown(middle));
    }
  }

  @Test
  void toFloat16_edges_areThoseOfIeee754() {
    assertThat(HalfFloats.toFloat16(65504f)).isEqualTo((short) 0x7bff);
    assertThat(HalfFloats.toFloat16(65519.996f)).isEqualTo((short) 0x7bff);
    assertThat(HalfFloats.toFloat16(65520f)).isEqualTo((short) 0x7c00);
    assertThat(HalfFloats.toFloat16(-Float.MAX_VALUE)).isEqualTo((short) 0xfc00);
    assertThat(HalfFloats.toFloat16(Float.POSITIVE_INFINITY)).isEqualTo((short) 0x7c00);
    assertThat(HalfFloats.toFloat16(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xfc00);
    assertThat(HalfFloats.toFloat16(-0f)).isEqualTo((short) 0x8000);
    assertThat(HalfFloats.toFloat16(0x1p-24f)).isEqualTo((short) 1);
    assertThat(HalfFloats.toFloat16(0x1p-25f)).isEqualTo((short) 0);
    assertThat(HalfFloats.toFloat16(-Float.MIN_VALUE)).isEqualTo((short) 0x8000);
    assertThat(HalfFloats.toFloat16(0x1p-14f)).isEqualTo((short) 0x0400);
  }

  @Test
  void toBfloat16_edges_areThoseOfTheFormat() {
    assertThat(HalfFloats.toBfloat16(Float.MAX_VALUE)).isEqualTo((short) 0x7f80);
    assertThat(HalfFloats.toBfloat16(-Float.MAX_VALUE)).isEqualTo((short) 0xff80);
    assertThat(HalfFloats.toBfloat16(Float.POSITIVE_INFINITY)).isEqualTo((short) 0x7f80);
    assertThat(HalfFloats.toBfloat16(-0f)).isEqualTo((short) 0x8000);
    assertThat(HalfFloats.toBfloat16(Float.MIN_VALUE)).isEqualTo((short) 0);
    assertThat(HalfFloats.toBfloat16(Float.intBitsToFloat(0x10000))).isEqualTo((short) 1);
  }
}
