package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one table from native failures to codes. libtorch has a single exception type, so the text
 * decides; the first row that matches wins. The C++ backtrace, up to 14 KB, is cut off. Pure.
 */
final class NativeErrors {
  private static final Pattern BACKTRACE = Pattern.compile("\\s(Exception raised from|frame #0:) ");
  private static final Pattern UNPRINTABLE = Pattern.compile("[^\\P{C}\\n\\t]+|\ufffd+");

  /** Without the advice for people who can compile libtorch anew. */
  private static final Pattern CUDA_ERROR = Pattern.compile("CUDA error: [^\n]*");

  private static final String TORCHSCRIPT_TRACE = "Traceback of TorchScript";
  private static final int MAX_LENGTH = 2000;
  private static final String ASSERT = "device-side assert";
  private static final String ASSERT_ADVICE =
      "; an index out of range is a common cause: declare \"range\" for index inputs in NAME.json"
          + " beside the model, and such a request is refused before the device sees it";

  private record Row(Pattern text, ErrorCode code) {}

  private static final List<Row> TABLE =
      List.of(
          row(
              "out of memory|can't allocate memory|not enough memory|bad_alloc|Tried to allocate",
              ErrorCode.OUT_OF_MEMORY),
          row(
              "device-side assert|illegal memory access|unspecified launch failure|uncorrectable"
                  + "|misaligned address|device is lost|Metal .*fault|launch timed out",
              ErrorCode.DEVICE_FAILED),
          row(
              "expected (value of type|at most|a value of type)|is missing value for argument"
                  + "|Unknown keyword argument|forward\\(\\) (expected|is missing)",
              ErrorCode.INVALID_INPUT),
          row(
              "shapes cannot be multiplied|need to be at least [0-9]D|out of range for"
                  + " tensor|[Ee]xpected .*(dim|shape|size|channels|scalar type|dtype|[0-9]D )|must"
                  + " match the size of tensor|[Ss]ize mismatch|size of tensor|same dtype|expected"
                  + " scalar type|is invalid for input of size|(?<!list )index out of range|out of"
                  + " bounds|[Dd]imension out of range|must have the same dtype|should be the"
                  + " same|Expected tensor for argument|input\\.size\\(-1\\)|not implemented for '",
              ErrorCode.INVALID_INPUT),
          row(
              "CUDA error: |cuDNN error: |CU(BLAS|DNN)_STATUS_|MPS backend: |Metal"
                  + " .*([Ff]ail|error|abort)",
              ErrorCode.DEVICE_FAILED));

  private NativeErrors() {}

  private static Row row(String regex, ErrorCode code) {
    return new Row(Pattern.compile(regex), code);
  }

  /**
   * The failure of a forward.
   *
   * @param e what JavaCPP threw
   * @param what what was done, for the message
   */
  static InferenceException forward(RuntimeException e, String what) {
    if (e instanceof InferenceException known) {
      return known;
    }
    String text = trimmed(e);
    return new InferenceException(
        code(text, ErrorCode.MODEL_FAILED), what + ": " + advised(text), e);
  }

  /** The failure of loading a model: its file's, unless memory or the device is to blame. */
  static InferenceException load(RuntimeException e, String what) {
    if (e instanceof InferenceException known) {
      return known;
    }
    String text = trimmed(e);
    ErrorCode code = code(text, ErrorCode.MODEL_INVALID);
    if (code == ErrorCode.DEVICE_FAILED) {
      return new InferenceException(code, what + ": " + advised(text), e);
    }
    return new InferenceException(
        code == ErrorCode.OUT_OF_MEMORY ? code : ErrorCode.MODEL_INVALID,
        what + ": " + text + ModelFile.EXPECTED,
        e);
  }

  /** The failure of a stream, an event or a copy: about the device, whatever it says. */
  static InferenceException device(RuntimeException e, String what) {
    if (e instanceof InferenceException known) {
      return known;
    }
    String text = trimmed(e);
    ErrorCode code = code(text, ErrorCode.DEVICE_FAILED);
    return new InferenceException(
        code == ErrorCode.OUT_OF_MEMORY ? code : ErrorCode.DEVICE_FAILED,
        what + ": " + advised(text),
        e);
  }

  /** The text, with how to avoid what it says if that is known. */
  static String advised(String text) {
    return text.contains(ASSERT) ? text + ASSERT_ADVICE : text;
  }

  static ErrorCode code(String text, ErrorCode fallback) {
    for (Row row : TABLE) {
      if (row.text().matcher(text).find()) {
        return row.code();
      }
    }
    return fallback;
  }

  /** The part of a native message that a person wants: no C++ frames, no script traceback. */
  static String trimmed(Throwable e) {
    String text = String.valueOf(e.getMessage());
    Matcher backtrace = BACKTRACE.matcher(text);
    String head = (backtrace.find() ? text.substring(0, backtrace.start()) : text).strip();
    if (head.contains(TORCHSCRIPT_TRACE)) {
      head = said(head);
    }
    Matcher cuda = CUDA_ERROR.matcher(head);
    head = cuda.find() ? cuda.group() : head;
    head = UNPRINTABLE.matcher(head).replaceAll("?"); // bytes of a damaged file, for instance
    return head.length() > MAX_LENGTH ? head.substring(0, MAX_LENGTH) + "..." : head;
  }

  /** What the operation said, below the lines of the script: one line, or more that follow it. */
  private static String said(String trace) {
    int at = Math.max(trace.lastIndexOf("\nRuntimeError: "), trace.lastIndexOf("\nError: "));
    int from = at < 0 ? trace.lastIndexOf('\n') + 1 : at + 1;
    return trace.substring(from).replaceFirst("^(RuntimeError|Error): ", "");
  }
}
