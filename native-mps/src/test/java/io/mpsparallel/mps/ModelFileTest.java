package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFileTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("model.pt");
  }

  @Test
  void check_missingFile_isNotFound() {
    assertFails(ErrorCode.MODEL_NOT_FOUND, () -> ModelFile.check(file)).contains("no such file");
  }

  @Test
  void check_directory_isNotFound() {
    assertFails(ErrorCode.MODEL_NOT_FOUND, () -> ModelFile.check(directory))
        .contains("is a directory");
  }

  @ParameterizedTest
  @CsvSource({
    "model.pt, '', the file is empty",
    "model.onnx, 080712077079746f726368, an ONNX model",
    "model.h5, 894844460d0a1a0a, an HDF5 file",
    "model.st, 40000000000000007b226122, a safetensors file",
    "model.pt, 80028a0a6cfc9c46f92006, a bare pickle",
    "model.pt, 68656c6c6f20776f726c64, a file of unknown format",
    "model.pt, 504b0304ffffffffffffff, a zip archive that is truncated"
  })
  void check_foreignBytes_saysWhatItIs(String name, String hex, String expected)
      throws IOException {
    Path foreign = directory.resolve(name);
    Files.write(foreign, java.util.HexFormat.of().parseHex(hex));
    assertFails(ErrorCode.MODEL_INVALID, () -> ModelFile.check(foreign))
        .contains(expected, "expected: TorchScript");
  }

  @Test
  void check_zipWithoutCode_isWeightsAlone() throws IOException {
    zip("archive/data.pkl");
    assertFails(ErrorCode.MODEL_INVALID, () -> ModelFile.check(file)).contains("torch.save");
  }

  @Test
  void check_exportedProgram_isNotSupportedYet() throws IOException {
    zip("model/archive_format");
    assertFails(ErrorCode.MODEL_INVALID, () -> ModelFile.check(file)).contains(".pt2");
  }

  @Test
  void check_otherZip_isNoModel() throws IOException {
    zip("readme.txt");
    assertFails(ErrorCode.MODEL_INVALID, () -> ModelFile.check(file)).contains("without a model");
  }

  @Test
  void check_whatTorchWrites_isTorchScript() {
    ScriptModels.mlp(file, 1, 4, 4);
    assertThat(ModelFile.check(file)).isEqualTo(ModelFile.Format.TORCHSCRIPT_ZIP);
  }

  @Test
  void check_flippedByteInTheCode_namesTheRecord() throws IOException {
    ScriptModels.script(file, "def forward(self, x):\n  return x + 12345\n");
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    bytes[text.indexOf("12345")]++;
    Files.write(file, bytes);
    assertFails(ErrorCode.MODEL_INVALID, () -> ModelFile.check(file))
        .contains("damaged", ".py", "checksum");
  }

  @Test
  void check_flatbufferWithoutSeal_isRefused() throws IOException {
    byte[] bytes = new byte[256];
    System.arraycopy("PTMF".getBytes(StandardCharsets.US_ASCII), 0, bytes, 4, 4);
    Files.write(file, bytes);
    assertFails(ErrorCode.MODEL_INVALID, () -> ModelFile.check(file)).contains("flatbuffer");
  }

  private void zip(String... names) throws IOException {
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name : names) {
        out.putNextEntry(new ZipEntry(name));
        out.write(new byte[] {1, 2, 3});
        out.closeEntry();
      }
    }
  }
}
