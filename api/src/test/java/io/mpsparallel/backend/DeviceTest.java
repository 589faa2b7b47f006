package io.mpsparallel.backend;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {
  @ParameterizedTest
  @CsvSource({
    "cpu, cpu, 0, cpu",
    "CPU, cpu, 0, cpu",
    "mps, mps, 0, mps",
    "cuda, cuda, 0, cuda:0",
    "' Cuda:3 ', cuda, 3, cuda:3",
    "mps:0, mps, 0, mps",
    "npu_2:9999, npu_2, 9999, npu_2:9999",
    "cpu:1, cpu, 1, cpu:1",
    "mps:2, mps, 2, mps:2"
  })
  void of_knownForm_isReadAndWritten(String text, String type, int index, String shown) {
    Device device = Device.of(text);
    assertThat(device).isEqualTo(new Device(type, index)).hasToString(shown);
    assertThat(Device.of(shown)).isEqualTo(device);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "cuda:", "cuda:-1", "cuda:x", "cuda:12345", ":1", "1", "cuda 1", "a:b:c"})
  void of_anotherForm_isRefused(String text) {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> Device.of(text),
        "device: '" + text + "' (expected: auto, cpu, mps, cuda or cuda:INDEX)");
  }

  private static final List<Device> PRESENT =
      List.of(Device.cuda(0), Device.cuda(1), Device.cuda(2), Device.CPU);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cuda | cuda:0",
        "cuda:1 | cuda:1",
        "CUDA:0..1 | cuda:0,cuda:1",
        "cuda:2..2 | cuda:2",
        "cuda:all | cuda:0,cuda:1,cuda:2",
        "cuda:2, cuda:0 | cuda:2,cuda:0",
        "cuda:0..1,cuda:2 | cuda:0,cuda:1,cuda:2",
        "cpu:all | cpu"
      })
  void listOf_knownForm_isReadAndWritten(String text, String shown) {
    List<Device> devices = Device.listOf(text, PRESENT);
    assertThat(Device.shown(devices)).isEqualTo(shown);
    assertThat(Device.listOf(shown, PRESENT)).isEqualTo(devices);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cuda:0,,cuda:1 | DEVICE,DEVICE",
        "cuda:0, | DEVICE,DEVICE",
        "cuda:0,cuda:x | DEVICE,DEVICE",
        "cpu,cuda:0 | devices of one kind",
        "auto,cuda:0 | devices of one kind",
        "cuda:0,cuda:0 | each device once",
        "cuda:all,cuda:1 | each device once",
        "cuda:0..2,cuda:1 | each device once",
        "cuda:2..1 | FIRST..LAST, the first not after the last"
      })
  void listOf_badForm_isRefused(String text, String expected) {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> Device.listOf(text, PRESENT),
        "device: '" + text + "' (expected: " + expected + ")");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cuda:", "cuda:0..", "cuda:..1", "cuda:0-1", "cuda:0...1"})
  void listOf_oneOfAnotherForm_isRefused(String text) {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> Device.listOf(text, PRESENT),
        "device: '" + text + "' (expected: auto, cpu, mps, cuda or cuda:INDEX)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"cuda:1..4 | cuda:3,cuda:4", "cuda:7 | cuda:7", "mps:all | mps:all", "mps | mps"})
  void listOf_notPresent_namesThemAndWhatIs(String text, String missing) {
    assertFails(
        ErrorCode.DEVICE_UNAVAILABLE,
        () -> Device.listOf(text, PRESENT),
        "device: "
            + missing
            + " (present: [cuda:0, cuda:1, cuda:2, cpu]; 'mps-parallel doctor' says why)");
  }

  @Test
  void constants_areTheFirstOfTheirKind() {
    assertThat(Device.CPU).isEqualTo(Device.of("cpu"));
    assertThat(Device.MPS).isEqualTo(Device.of("mps"));
    assertThat(Device.cuda(1)).isEqualTo(Device.of("cuda:1"));
    assertThat(Device.CPU.isCpu()).isTrue();
    assertThat(Device.MPS.isCpu()).isFalse();
    assertThat(Device.cuda(0).isCpu()).isFalse();
  }

  @Test
  void new_badParts_areRefused() {
    assertFails(
        ErrorCode.CONFIG_INVALID, () -> Device.cuda(-1), "device index: -1 (expected: at least 0)");
    assertThatThrownBy(() -> new Device(null, 0)).isInstanceOf(NullPointerException.class);
  }
}
