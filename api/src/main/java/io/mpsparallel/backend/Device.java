package io.mpsparallel.backend;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One processor of a machine: {@code cpu}, {@code mps}, {@code cuda:1}. Immutable, any thread.
 *
 * @param type the kind, in lower case; a backend says which it has
 * @param index which of its kind, from 0
 */
public record Device(String type, int index) {
  /** The host's own processor. */
  public static final Device CPU = new Device("cpu", 0);

  /** The GPU of an Apple machine. */
  public static final Device MPS = new Device("mps", 0);

  private static final Pattern FORM = Pattern.compile("([a-z][a-z0-9_]*)(?::(\\d{1,4}))?");

  // Checks the parts.
  public Device {
    requireNonNull(type, "type");
    if (index < 0) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID, "device index: " + index + " (expected: at least 0)");
    }
  }

  /**
   * An NVIDIA GPU.
   *
   * @param index which one, from 0
   * @return the device
   */
  public static Device cuda(int index) {
    return new Device("cuda", index);
  }

  /**
   * Reads {@code type} or {@code type:index}.
   *
   * @param text the text, in any case
   * @return the device
   * @throws InferenceException {@code CONFIG_INVALID} if the text has another form
   */
  public static Device of(String text) {
    Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "device: '" + text + "' (expected: auto, cpu, mps, cuda or cuda:INDEX)");
    }
    String index = matcher.group(2);
    return new Device(matcher.group(1), index == null ? 0 : Integer.parseInt(index));
  }

  /** {@return whether this is the host's own processor} */
  public boolean isCpu() {
    return type.equals("cpu");
  }

  @Override
  public String toString() {
    boolean onlyOne = index == 0 && (isCpu() || type.equals("mps"));
    return onlyOne ? type : type + ":" + index;
  }
}
