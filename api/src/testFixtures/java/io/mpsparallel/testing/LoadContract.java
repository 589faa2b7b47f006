package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Devices, their facts, and the loading of models. */
abstract class LoadContract extends ContractBase {
  @Test
  void devices_opened_areDifferentAndNotNone() {
    assertThat(backend.devices()).isNotEmpty().doesNotHaveDuplicates().contains(device);
    assertThat(backend.id()).matches("[a-z][a-z0-9-]*");
  }

  @Test
  void capabilities_ofDevice_areSaneAndStable() {
    Capabilities facts = facts();
    assertThat(facts).isEqualTo(backend.capabilities(device));
    assertThat(facts.concurrentForwards()).isPositive();
    assertThat(facts.streamCapacity()).isPositive();
    assertThat(facts.depth()).isPositive();
    assertThat(facts.dtypes()).contains(DType.FLOAT32);
    assertThat(facts.memoryBytes()).isNotNegative();
    if (!facts.asynchronous()) {
      assertThat(facts.depth()).as("depth of a synchronous device").isEqualTo(1);
    }
  }

  @Test
  void capabilities_ofAbsentDevice_areRefused() {
    assertFails(() -> backend.capabilities(new Device("nosuch", 0)), ErrorCode.DEVICE_UNAVAILABLE);
    assertFails(
        () -> backend.load(model(ContractModel.SQUARE, directory), new Device("nosuch", 0)),
        ErrorCode.DEVICE_UNAVAILABLE);
  }

  @Test
  void report_opened_saysSomething() {
    BackendReport report = backend.report();
    assertThat(report.facts()).isNotEmpty();
    assertThat(report.problems()).noneMatch(BackendReport.Problem::severe);
  }

  @Test
  void load_missingFile_isNotFound() {
    ModelSource missing = ModelSource.of(directory.resolve("missing.pt"));
    assertThat(assertFails(() -> backend.load(missing, device), ErrorCode.MODEL_NOT_FOUND))
        .hasMessageContaining("missing.pt");
  }

  @Test
  void load_emptyFile_isInvalid() throws IOException {
    assertInvalid(new byte[0]);
  }

  @Test
  void load_randomBytes_isInvalid() throws IOException {
    byte[] noise = new byte[4096];
    new Random(7).nextBytes(noise);
    assertInvalid(noise);
  }

  @Test
  void load_truncatedFile_isInvalid() throws IOException {
    byte[] whole = Files.readAllBytes(model(ContractModel.SQUARE, directory).path());
    assertInvalid(Arrays.copyOf(whole, whole.length / 2));
  }

  private void assertInvalid(byte[] content) throws IOException {
    Path file = Files.write(directory.resolve("damaged.pt"), content);
    assertThat(
            assertFails(() -> backend.load(ModelSource.of(file), device), ErrorCode.MODEL_INVALID))
        .hasMessageContaining("damaged.pt");
  }

  @Test
  void load_good_saysWhatItIs() {
    ModelSource source = model(ContractModel.ADD, directory);
    try (Model model = backend.load(source, device)) {
      assertThat(model.source()).isEqualTo(source);
      assertThat(model.device()).isEqualTo(device);
      assertThat(model.weightBytes()).isNotNegative();
      assertThat(model.signature().inputs().stream().map(InputSpec::name))
          .containsExactly("a", "b");
    }
  }

  @Test
  void load_declared_completesSignature() {
    InputSpec declared = InputSpec.of("x", DType.FLOAT32, InputSpec.FREE, 3);
    ModelSource source =
        model(ContractModel.SQUARE, directory)
            .declaring(new Signature(List.of(declared), List.of("y")));
    try (Model model = backend.load(source, device);
        Stream stream = backend.acquireStream(device);
        Tensor good = Tensor.of(new float[] {1, 2, 3}, 1, 3);
        Tensor bad = floats(1, 2, 3)) {
      assertThat(model.signature().inputs()).containsExactly(declared);
      try (NamedTensors outputs = forward(model, stream, good)) {
        assertThat(outputs.get("y").toFloatArray()).containsExactly(1, 4, 9);
      }
      assertFails(() -> forward(model, stream, bad).close(), ErrorCode.INVALID_INPUT);
    }
  }

  @Test
  void share_loaded_computesTheSame() {
    ModelSource shared = backend.share(model(ContractModel.SQUARE, directory), directory);
    assertThat(shared.path()).exists();
    try (Model model = backend.load(shared, device);
        Stream stream = backend.acquireStream(device);
        Tensor x = floats(3);
        NamedTensors outputs = forward(model, stream, x)) {
      assertThat(outputs.get(0).toFloatArray()).containsExactly(9);
    }
  }

  @Test
  void share_declared_keepsWhatWasDeclared() {
    ModelSource source =
        model(ContractModel.SQUARE, directory)
            .declaring(new Signature(List.of(InputSpec.named("x")), List.of("y")))
            .warmingUp(WarmUp.of(List.of(Map.of("x", new long[] {3}))));
    ModelSource shared = backend.share(source, directory);
    assertThat(shared).isEqualTo(source.at(shared.path())).isNotEqualTo(source);
  }

  @Test
  void share_twice_isTheSameSource() {
    ModelSource model = model(ContractModel.SQUARE, directory);
    assertThat(backend.share(model, directory)).isEqualTo(backend.share(model, directory));
  }
}
