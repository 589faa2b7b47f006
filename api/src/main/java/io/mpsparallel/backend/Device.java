package io.mpsparallel.backend;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

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
  private static final Pattern RANGE =
      Pattern.compile("([a-z][a-z0-9_]*):(?:(\\d{1,4})\\.\\.(\\d{1,4})|(all))");

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

  /**
   * Reads one or several devices of one kind: {@code cuda:1}, {@code cuda:0..3}, {@code
   * cuda:0,cuda:2}, {@code cuda:all}.
   *
   * @param text the text, in any case
   * @param present the devices that there are
   * @return the devices, each once, in the order of the text
   * @throws InferenceException {@code CONFIG_INVALID} if the text has another form, or names a
   *     device twice or devices of several kinds; {@code DEVICE_UNAVAILABLE} if one is not present
   */
  public static List<Device> listOf(String text, List<Device> present) {
    List<Device> wanted = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      wanted.addAll(some(part.strip().toLowerCase(Locale.ROOT), text, present));
    }
    if (wanted.stream().map(Device::type).distinct().count() > 1) {
      throw invalid(text, "devices of one kind");
    }
    if (new HashSet<>(wanted).size() < wanted.size()) {
      throw invalid(text, "each device once");
    }
    List<Device> missing = wanted.stream().filter(device -> !present.contains(device)).toList();
    if (!missing.isEmpty()) {
      throw unavailable(shown(missing), present);
    }
    return List.copyOf(wanted);
  }

  /** What a part of a list stands for. */
  private static List<Device> some(String part, String text, List<Device> present) {
    Matcher range = RANGE.matcher(part);
    if (!range.matches()) {
      if (text.indexOf(',') >= 0 && !FORM.matcher(part).matches()) {
        throw invalid(text, "DEVICE,DEVICE");
      }
      return List.of(of(part));
    }
    String kind = range.group(1);
    if (range.group(4) != null) {
      return allOf(kind, part, present);
    }
    int first = Integer.parseInt(range.group(2));
    int last = Integer.parseInt(range.group(3));
    if (last < first) {
      throw invalid(text, "FIRST..LAST, the first not after the last");
    }
    return IntStream.rangeClosed(first, last).mapToObj(index -> new Device(kind, index)).toList();
  }

  private static List<Device> allOf(String kind, String part, List<Device> present) {
    List<Device> all = present.stream().filter(device -> device.type.equals(kind)).toList();
    if (all.isEmpty()) {
      throw unavailable(part, present);
    }
    return all;
  }

  private static InferenceException invalid(String text, String expected) {
    return new InferenceException(
        ErrorCode.CONFIG_INVALID, "device: '" + text + "' (expected: " + expected + ")");
  }

  private static InferenceException unavailable(String what, List<Device> present) {
    return new InferenceException(
        ErrorCode.DEVICE_UNAVAILABLE,
        "device: " + what + " (present: " + present + "; 'mps-parallel doctor' says why)");
  }

  /**
   * Writes devices as {@link #listOf} reads them.
   *
   * @param devices the devices
   * @return such as {@code cuda:0,cuda:1}
   */
  public static String shown(List<Device> devices) {
    return String.join(",", devices.stream().map(Device::toString).toList());
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
