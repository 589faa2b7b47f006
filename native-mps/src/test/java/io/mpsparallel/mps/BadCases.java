package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** In a child process: runs calls that must fail, and prints a line on how each did. */
final class BadCases {
  static final String PREFIX = "CASE";
  static final String END = "END";
  private static final int MORE = 20;

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private int count;

  /** What must fail. */
  @FunctionalInterface
  interface Call {
    /** Does it. */
    void run();
  }

  /** What a case came to: {@code code} is empty if it did not fail. */
  record Line(
      String name, String wanted, String says, String code, long first, long median, String text) {
    static Line parse(String line) {
      String[] f = line.split("\t", -1);
      return new Line(f[1], f[2], f[3], f[4], Long.parseLong(f[5]), Long.parseLong(f[6]), f[7]);
    }
  }

  /** Runs a call once, and twenty times more; {@code says} must be in the message. */
  void fails(String name, ErrorCode wanted, String says, Call call) {
    fails(name, wanted.name(), says, call);
  }

  /** The same for a null where none may be, which is no input but a mistake of the program. */
  void refusesNull(String name, String says, Call call) {
    fails(name, "NullPointerException", says, call);
  }

  private void fails(String name, String wanted, String says, Call call) {
    String[] seen = new String[2];
    long first = time(call, seen);
    String code = seen[0];
    String text = seen[1];
    long[] more = new long[MORE];
    for (int i = 0; i < MORE; i++) {
      more[i] = time(call, seen);
      if (!code.equals(seen[0])) {
        text = "time " + (i + 2) + " differs, " + seen[0] + ": " + seen[1];
        code = "UNSTEADY";
        break;
      }
    }
    Arrays.sort(more);
    print(name, wanted, says, code, first, more[MORE / 2], text);
  }

  /** Says that something which is no single call was as it should be, or was not. */
  void holds(String name, boolean held, String text) {
    print(name, "HOLDS", "", held ? "HOLDS" : "BROKEN", 0, 0, text);
  }

  private static long time(Call call, String[] seen) {
    long start = System.nanoTime();
    Throwable thrown = null;
    try {
      call.run();
    } catch (RuntimeException | Error e) {
      thrown = e;
    }
    long micros = (System.nanoTime() - start) / 1000;
    seen[0] = thrown == null ? "NOTHING" : thrown.getClass().getSimpleName();
    if (thrown instanceof InferenceException e) {
      seen[0] = e.code().name();
    }
    seen[1] = String.valueOf(thrown).replaceFirst("^[\\w.]+: ", "");
    return micros;
  }

  private void print(
      String name, String wanted, String says, String code, long first, long median, String text) {
    String flat = text.replace('\n', '|').replace('\t', ' ');
    out.println(String.join("\t", PREFIX, name, wanted, says, code, "" + first, "" + median, flat));
    count++;
  }

  /** Nothing comes after this line. */
  void end() {
    out.println(END + "\t" + count);
  }
}
