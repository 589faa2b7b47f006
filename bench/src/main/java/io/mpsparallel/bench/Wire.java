package io.mpsparallel.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import org.HdrHistogram.Histogram;

/** Values as words of one line of text, for processes that talk by lines. Pure functions. */
final class Wire {
  private Wire() {}

  /** {@return one word} */
  static String text(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /** {@return what {@link #text(float[])} was given} */
  static float[] floats(String text) {
    ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text));
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  /** {@return three words: answers, nanoseconds, latencies; of a closed loop} */
  static String text(Measured measured) {
    return measured.answers()
        + " "
        + measured.elapsed().toNanos()
        + " "
        + text(measured.latencies());
  }

  private static String text(Histogram histogram) {
    ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int size = histogram.encodeIntoByteBuffer(bytes);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), size));
  }

  /** {@return what {@link #text(Measured)} was given} */
  static Measured measured(String text) {
    String[] words = text.split(" ", -1);
    if (words.length != 3) {
      throw new IllegalArgumentException("words: " + words.length + " (expected: 3)");
    }
    ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(words[2]));
    Histogram latencies = Histogram.decodeFromByteBuffer(bytes, 0);
    Duration elapsed = Duration.ofNanos(Long.parseLong(words[1]));
    return new Measured(Long.parseLong(words[0]), elapsed, latencies, latencies);
  }
}
