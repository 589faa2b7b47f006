package io.mpsparallel.tensor;

/**
 * Conversions between binary32 and the two 16-bit float formats, rounding to nearest, ties to even;
 * NaN stays NaN. (Java's own conversions come with 20.) Pure functions.
 */
final class HalfFloats {
  private HalfFloats() {}

  static float fromBfloat16(short bits) {
    return Float.intBitsToFloat((bits & 0xffff) << 16);
  }

  static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x0040);
    }
    int roundToEven = 0x7fff + ((bits >>> 16) & 1);
    return (short) ((bits + roundToEven) >>> 16);
  }

  /** Layout of binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
  static float fromFloat16(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | (fraction << 13));
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (fraction << 13));
  }

  static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00 | ((bits >>> 13) & 0x3ff));
    }
    if (magnitude >= 0x477ff000) { // 65520 and above round to infinity
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) { // below 2^-14: subnormal, in units of 2^-24
      return (short) (sign | (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24));
    }
    int rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return (short) (sign | ((rounded - 0x38000000) >>> 13));
  }
}
