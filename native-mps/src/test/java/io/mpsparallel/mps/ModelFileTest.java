package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFileTest {
  private static final int LIMIT = 16 << 20;

  @TempDir Path directory;

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes);
  }

  private static void assertInvalid(Path file, String... says) {
    assertFails(ErrorCode.MODEL_INVALID, () -> ModelFile.check(file))
        .contains(file.toString(), ModelFile.EXPECTED)
        .contains(says);
  }

  private static void assertNotFound(Path file, String says) {
    assertFails(ErrorCode.MODEL_NOT_FOUND, () -> ModelFile.check(file))
        .contains(file.toString(), says);
  }

  @Test
  void file_thatIsNone_isNotFound() {
    assertNotFound(directory.resolve("none.pt"), "there is no such file");
    assertNotFound(directory, "is a directory");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void file_thatCannotBeRead_isNotFound() {
    assertNotFound(Path.of("/proc/self/mem"), "cannot be read: "); // not even by an administrator
  }

  @Test
  void file_empty_isInvalid() throws IOException {
    assertInvalid(write("empty.pt", new byte[0]), "the file is empty");
  }

  @ParameterizedTest
  @CsvSource({
    "model.onnx, 00, an ONNX model",
    "onnx-export, 08, an ONNX model",
    "model.h5, 89484446, an HDF5 file",
    "model.safetensors, 40000000000000007b22, a safetensors file",
    "weights.pt, 80028a0a, a bare pickle",
    "other, 0801020304050607ff, 'beginning with 0x0801020304050607'",
    "short, 504b, 'beginning with 0x504b'",
    "braces, 40000000000000007b, 'beginning with 0x4000000000000000'"
  })
  void file_ofAnotherFormat_isNamed(String name, String hex, String says) throws IOException {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertInvalid(write(name, bytes), says);
  }

  @ParameterizedTest
  @CsvSource({
    "m/data.pkl m/constants.pkl m/code/a.py, ''",
    "readme.txt, a zip archive without a model",
    "m/constants.pkl, a zip archive without a model",
    "m/data.pkl, from torch.save",
    "m/archive_format, torch.export archive",
    "m/data.pkl m/serialized_exported_program.json, torch.export archive"
  })
  void zip_byItsRecords_isNamed(String names, String says) throws IOException {
    Map<String, byte[]> records = new LinkedHashMap<>();
    for (String name : names.split(" ", -1)) {
      records.put(name, latin("anything"));
    }
    Path file = directory.resolve("some.pt");
    ModelForms.writeZip(file, records);
    if (says.isEmpty()) {
      assertThat(ModelFile.check(file)).isEqualTo(ModelFile.Format.TORCHSCRIPT_ZIP);
    } else {
      assertInvalid(file, says);
    }
  }

  @Test
  void zip_cut_isInvalid() throws IOException {
    byte[] whole = Files.readAllBytes(ModelForms.zip(directory));
    Path cut = write("cut.pt", Arrays.copyOf(whole, whole.length / 2));
    assertInvalid(cut, "truncated or damaged");
  }

  @Test
  void models_thatWereWrittenHere_pass() {
    Path script = ScriptModels.identity(directory.resolve("same.pt"));
    assertThat(ModelFile.check(script)).isEqualTo(ModelFile.Format.TORCHSCRIPT_ZIP);
    Path mlp = ModelForms.zip(directory);
    assertThat(ModelFile.check(mlp)).isEqualTo(ModelFile.Format.TORCHSCRIPT_ZIP);
  }

  @Test
  void record_withAnyFlippedByte_isNamed() throws IOException {
    Path good = ModelForms.zip(directory);
    byte[] sound = Files.readAllBytes(good);
    int found = 0;
    for (Place record : records(good, ".pkl", ".py", ".debug_pkl")) {
      found++;
      for (int at = record.start; at < record.end; at++) {
        Path file = flipped(sound, at);
        assertInvalid(file, "record " + record.name + " is damaged");
      }
    }
    assertThat(found).isGreaterThan(3);
  }

  @Test
  void tensorRecord_withAFlippedByte_isNotRead() throws IOException {
    Path good = ModelForms.zip(directory);
    Place weights = records(good, "/data/0").get(0);
    Path file = flipped(Files.readAllBytes(good), weights.start);
    assertThat(ModelFile.check(file)).isEqualTo(ModelFile.Format.TORCHSCRIPT_ZIP);
  }

  @ParameterizedTest
  @CsvSource({"0, true", "1, false"})
  void record_largerThanTheLimit_isNotRead(int more, boolean isChecked) throws IOException {
    Map<String, byte[]> records = new LinkedHashMap<>();
    records.put("m/large.pkl", new byte[LIMIT + more]);
    records.put("m/data.pkl", latin("a"));
    records.put("m/constants.pkl", latin("b"));
    Path file = directory.resolve("large.pt");
    ModelForms.writeZip(file, records);
    Path changed = flipped(Files.readAllBytes(file), 1000);
    if (isChecked) {
      assertInvalid(changed, "record m/large.pkl is damaged: its checksum differs");
    } else {
      assertThat(ModelFile.check(changed)).isEqualTo(ModelFile.Format.TORCHSCRIPT_ZIP);
    }
  }

  /** A compressed record may be so damaged that it has no contents at all. */
  @Test
  void record_thatCannotBeUnpacked_isNamed() throws IOException {
    Path file = directory.resolve("packed.pt");
    String name = "m/code/a.py";
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(new byte[1000]);
      zip.closeEntry();
    }
    Path changed = flipped(Files.readAllBytes(file), 30 + name.length());
    assertInvalid(changed, "record " + name + " is damaged: ");
  }

  @Test
  void flatbuffer_isLetThroughByItsSealAlone() throws IOException {
    Path sealed = ModelForms.flatbuffer(directory);
    assertThat(ModelFile.check(sealed)).isEqualTo(ModelFile.Format.TORCHSCRIPT_FLATBUFFER);
    byte[] sound = Files.readAllBytes(sealed);
    assertInvalid(flipped(sound, sound.length / 2), "a flatbuffer model that is damaged");
    assertInvalid(flipped(sound, sound.length - 1), "a flatbuffer model that is damaged");
    Path unsealed = write("unsealed.ff", Arrays.copyOf(sound, sound.length - 16));
    assertInvalid(unsealed, "a flatbuffer model that is truncated, or not of this library");
    assertInvalid(write("head.ff", Arrays.copyOf(sound, 12)), "truncated");
  }

  /** Where a record that is stored, or compressed, lies in the file. */
  private record Place(String name, int start, int end) {}

  private Path flipped(byte[] sound, int at) throws IOException {
    byte[] changed = sound.clone();
    changed[at] ^= (byte) 0xff;
    return write("flipped.pt", changed);
  }

  /** By the local headers: each is followed by the name, an extra field, and the contents. */
  private static List<Place> records(Path file, String... endings) throws IOException {
    String all = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    List<Place> found = new ArrayList<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (var entries = zip.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        String name = entry.getName();
        if (Arrays.stream(endings).anyMatch(name::endsWith)) {
          int local = all.indexOf("PK\3\4");
          while (!all.startsWith(name, local + 30) || all.charAt(local + 26) != name.length()) {
            local = all.indexOf("PK\3\4", local + 1);
          }
          int extra = all.charAt(local + 28) + 256 * all.charAt(local + 29);
          int start = local + 30 + name.length() + extra;
          found.add(new Place(name, start, start + (int) entry.getCompressedSize()));
        }
      }
    }
    return found;
  }
}
