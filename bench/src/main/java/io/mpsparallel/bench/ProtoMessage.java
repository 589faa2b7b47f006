package io.mpsparallel.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A message of Protocol Buffers that is being written: fields one after the other, each a key (its
 * number and how its value is laid out) and the value. Enough for messages that only have integers,
 * text, bytes and messages. One thread.
 *
 * <pre>
 *   field     number &lt;&lt; 3 | layout, as a varint; then
 *   layout 0  a varint: 7 bits in each byte, the lowest first; the top bit says that more follow
 *   layout 2  how many bytes, as a varint; then these
 * </pre>
 */
final class ProtoMessage {
  private static final int VARINT = 0;
  private static final int BYTES = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Adds an integer, which is not negative. */
  ProtoMessage integer(int field, long value) {
    varint(((long) field << 3) | VARINT);
    varint(value);
    return this;
  }

  /** Adds text. */
  ProtoMessage text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds a message, as it is now. */
  ProtoMessage message(int field, ProtoMessage value) {
    return bytes(field, value.toByteArray());
  }

  /** Adds bytes. */
  ProtoMessage bytes(int field, byte[] value) {
    varint(((long) field << 3) | BYTES);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  private void varint(long value) {
    long left = value;
    for (; left > 0x7f; left >>>= 7) {
      out.write((int) ((left & 0x7f) | 0x80));
    }
    out.write((int) left);
  }

  /** {@return the fields so far} */
  byte[] toByteArray() {
    return out.toByteArray();
  }
}
