package io.mpsparallel.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A message of Protocol Buffers, taken apart: the other side of {@link ProtoMessage}. */
final class ProtoFields {
  private final Map<Integer, List<Object>> fields = new TreeMap<>();

  ProtoFields(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message);
    while (in.hasRemaining()) {
      long key = varint(in);
      Object value = (key & 7) == 0 ? (Object) varint(in) : bytes(in);
      fields.computeIfAbsent((int) (key >>> 3), first -> new ArrayList<>()).add(value);
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  private static byte[] bytes(ByteBuffer in) {
    byte[] value = new byte[(int) varint(in)];
    in.get(value);
    return value;
  }

  private List<Object> all(int field) {
    return fields.getOrDefault(field, List.of());
  }

  List<Long> integers(int field) {
    return all(field).stream().map(Long.class::cast).toList();
  }

  List<byte[]> bytes(int field) {
    return all(field).stream().map(byte[].class::cast).toList();
  }

  List<String> texts(int field) {
    return bytes(field).stream().map(each -> new String(each, StandardCharsets.UTF_8)).toList();
  }

  List<ProtoFields> messages(int field) {
    return bytes(field).stream().map(ProtoFields::new).toList();
  }
}
