package io.mpsparallel.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the Python dictionary in a NumPy header: exactly the keys {@code descr}, {@code
 * fortran_order} and {@code shape}, in any order. Nothing is evaluated. One thread.
 */
final class NpyDictionary {
  private static final Set<String> KEYS = Set.of("descr", "fortran_order", "shape");

  private final String text;
  private int at;

  private NpyDictionary(String text) {
    this.text = text;
  }

  private final Map<String, Object> values = new HashMap<>();

  /** Throws {@link IllegalArgumentException} with the reason. */
  static NpyDictionary parse(String text) {
    NpyDictionary dictionary = new NpyDictionary(text);
    dictionary.read();
    return dictionary;
  }

  String descr() {
    return value("descr", String.class, "a plain type; arrays of records are not supported");
  }

  boolean fortranOrder() {
    return value("fortran_order", Boolean.class, "True or False");
  }

  long[] shape() {
    return value("shape", long[].class, "a tuple of sizes").clone();
  }

  private <T> T value(String key, Class<T> type, String expected) {
    Object found = values.get(key);
    if (!type.isInstance(found)) {
      throw new IllegalArgumentException("header: " + key + " (expected: " + expected + ")");
    }
    return type.cast(found);
  }

  private void read() {
    expect('{');
    while (peek() != '}') {
      String key = string();
      expect(':');
      if (!KEYS.contains(key)) {
        throw wrong("key '" + key + "'");
      }
      Object value = value();
      if (values.put(key, value) != null) {
        throw wrong("key '" + key + "' twice");
      }
      if (peek() == ',') {
        at++;
      } else if (peek() != '}') {
        throw wrong("no ',' or '}'");
      }
    }
    expect('}');
    if (peek() != 0) {
      throw wrong("text after '}'");
    }
  }

  private Object value() {
    return switch (peek()) {
      case '\'', '"' -> string();
      case '(' -> tuple();
      case 'T', 'F' -> bool();
      case '[' -> records();
      default -> throw wrong("a value of unknown form");
    };
  }

  /** A list, which describes records: the rest of the header is of no interest. */
  private Object records() {
    throw new IllegalArgumentException(
        "dtype " + text.substring(at) + " (expected: plain numbers, not records)");
  }

  private Boolean bool() {
    for (String word : List.of("True", "False")) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.equals("True");
      }
    }
    throw wrong("neither True nor False");
  }

  private String string() {
    char quote = peek();
    if (quote != '\'' && quote != '"') {
      throw wrong("no string");
    }
    int end = text.indexOf(quote, at + 1);
    if (end < 0) {
      throw wrong("a string without end");
    }
    String value = text.substring(at + 1, end);
    at = end + 1;
    return value;
  }

  private long[] tuple() {
    expect('(');
    List<Long> sizes = new ArrayList<>();
    while (peek() != ')') {
      sizes.add(size());
      if (peek() == ',') {
        at++;
      } else if (peek() != ')') {
        throw wrong("no ',' or ')'");
      } else if (sizes.size() == 1) {
        throw wrong("a tuple of one without ','");
      }
    }
    expect(')');
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }

  private long size() {
    peek();
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == start || at - start > 18) {
      throw wrong("a size that is no number from 0 to 999999999999999999");
    }
    long size = Long.parseLong(text.substring(start, at));
    if (at < text.length() && text.charAt(at) == 'L') {
      at++; // Python 2 wrote 3L
    }
    return size;
  }

  private void expect(char wanted) {
    if (peek() != wanted) {
      throw wrong("no '" + wanted + "'");
    }
    at++;
  }

  /** The next character that is no space, or 0 at the end. */
  private char peek() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("header: " + what + " at character " + at);
  }
}
