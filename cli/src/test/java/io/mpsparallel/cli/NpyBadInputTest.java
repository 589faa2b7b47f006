package io.mpsparallel.cli;

import static io.mpsparallel.cli.NpyGoldenTest.golden;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NpyBadInputTest {
  @TempDir private Path folder;

  @Test
  void npy_cutAnywhere_isCalledTruncated() throws IOException {
    byte[] whole = Files.readAllBytes(golden("version1.npy"));
    for (int length = 0; length < whole.length; length++) {
      Path file = file("cut.npy", Arrays.copyOf(whole, length));
      assertInvalid(() -> NpyFormat.read(file), file + ": truncated");
    }
  }

  @Test
  void npy_withMoreThanItsArray_isRefused() throws IOException {
    byte[] whole = Files.readAllBytes(golden("version1.npy"));
    Path file = file("long.npy", Arrays.copyOf(whole, whole.length + 1));
    assertInvalid(
        () -> NpyFormat.read(file),
        "too long: 25 bytes after the header (expected: 24 for float32[2, 3])");
  }

  @Test
  void npy_withOtherFirstBytes_isNoArray() throws IOException {
    Path file = file("bad.npy", "PK\3\4 something else".getBytes(StandardCharsets.ISO_8859_1));
    assertInvalid(() -> NpyFormat.read(file), file + ": no NumPy array");
  }

  @Test
  void npy_ofAnUnknownVersion_isRefused() throws IOException {
    byte[] whole = Files.readAllBytes(golden("version1.npy"));
    whole[6] = 4;
    Path file = file("future.npy", whole);
    assertInvalid(() -> NpyFormat.read(file), "version 4.0 (expected: 1.0, 2.0 or 3.0)");
  }

  @Test
  void npy_claimingAHugeHeader_isRefusedBeforeAllocation() throws IOException {
    byte[] whole = Files.readAllBytes(golden("version2.npy"));
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(8, -2);
    Path file = file("header.npy", whole);
    assertInvalid(() -> NpyFormat.read(file), "header of 4294967294 bytes (expected: at most");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 100000), };truncated: 0 bytes",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), };more bytes",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), };a size that is no number",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), };a size that",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3), };a tuple of one without",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4), };no ',' or ')'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 'x', };shape (expected: a tuple",
        "{'descr': '<f4', 'fortran_order': False};shape (expected: a tuple",
        "{'descr': '<f4', 'fortran_order': Faux, 'shape': (3,), };neither True nor False",
        "{'descr': '<f4', 'fortran_order': (), 'shape': (3,), };fortran_order (expected: True",
        "{'descr': True, 'fortran_order': False, 'shape': (3,), };descr (expected: a plain type",
        "{'descr': '', 'fortran_order': False, 'shape': (3,), };dtype ''",
        "{'descr': 'f4', 'fortran_order': False, 'shape': (3,), };dtype 'f4'",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (3,), };dtype '|f4'",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,), };twice",
        "{'descr': '<f4', 'evil': True, 'fortran_order': False, 'shape': (3,), };key 'evil'",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (), };a value of unknown",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (3,), };no ',' or '}'",
        "{'descr': '<f4;a string without end",
        "{'descr' '<f4'};no ':'",
        "{descr: 1};no string",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), } x;text after '}'",
        "[];no '{'"
      })
  void npy_withABadHeader_isRefusedWithTheReason(String header, String reason) throws IOException {
    Path file = file("bad.npy", npy(header));
    assertInvalid(() -> NpyFormat.read(file), reason);
  }

  @Test
  void file_thatIsMissing_isNamed() {
    Path npy = folder.resolve("none.npy");
    Path npz = folder.resolve("none.npz");
    assertInvalid(() -> NpyFormat.read(npy), npy + ": no such file");
    assertInvalid(() -> NpzFile.open(npz), npz + ": no such file");
  }

  @Test
  void npz_thatIsNoZip_isRefused() throws IOException {
    Path file = file("bad.npz", new byte[200]);
    assertInvalid(() -> NpzFile.open(file), file + ": cannot be read");
  }

  @Test
  void npz_cutAnywhere_isRefused() throws IOException {
    byte[] whole = Files.readAllBytes(golden("numpy_positional.npz"));
    for (int length = 0; length < whole.length; length += 7) {
      Path file = file("cut.npz", Arrays.copyOf(whole, length));
      assertInvalid(() -> NpzFile.open(file), file + ": ");
    }
  }

  @Test
  void npz_withDamagedBytes_isRefused() throws IOException {
    byte[] whole = Files.readAllBytes(golden("numpy_deflated.npz"));
    int at = new String(whole, StandardCharsets.ISO_8859_1).indexOf("fortran.npy") + 40;
    Arrays.fill(whole, at, at + 8, (byte) 0xff);
    Path file = file("damaged.npz", whole);
    try (NpzFile npz = NpzFile.open(file)) {
      assertInvalid(() -> npz.read("fortran"), file + "[fortran]: ");
    }
  }

  @Test
  void npz_withoutTheArrayAskedFor_listsThoseItHas() {
    try (NpzFile npz = NpzFile.open(golden("numpy_positional.npz"))) {
      assertInvalid(() -> npz.read("x"), "no array 'x' (expected one of: [arr_0, arr_1])");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "notes.txt, entry 'notes.txt' (expected: NAME.npy)",
    ".npy, entry '.npy'",
    "../../evil.npy, array '../../evil'",
    "..evil.npy, array '..evil'",
    "a/b.npy, array 'a/b'",
    "a\\b.npy, array 'a\\b'"
  })
  void npz_withABadName_isRefused(String name, String reason) throws IOException {
    Path file = zip("bad.npz", name);
    assertInvalid(() -> NpzFile.open(file), reason);
  }

  @Test
  void npz_withATerminalSequenceAsName_isRefusedWithoutPrintingIt() throws IOException {
    Path file = zip("bad.npz", "a\u001b[2Jb.npy");
    assertInvalid(() -> NpzFile.open(file), "array 'a?[2Jb'");
  }

  @Test
  void npz_claimingMoreThanZipCanPack_isRefusedBeforeAllocation() throws IOException {
    Path file = zip("bomb.npz", "x.npy");
    byte[] bytes = Files.readAllBytes(file);
    int directory = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("PK\1\2");
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(directory + 24, 1 << 30);
    Files.write(file, bytes);
    try (NpzFile npz = NpzFile.open(file)) {
      assertInvalid(() -> npz.read("x"), "x]: 1073741824 bytes out of ");
    }
  }

  private static void assertInvalid(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InferenceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_INPUT))
        .hasMessageContaining(message);
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] npy(String header) {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer file = ByteBuffer.allocate(10 + text.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put(NpyFormat.MAGIC).put((byte) 1).put((byte) 0).putShort((short) text.length).put(text);
    return file.array();
  }

  private Path zip(String name, String entry) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes);
        Tensor tensor = Tensor.of(new float[] {1, 2, 3}, 3)) {
      zip.putNextEntry(new ZipEntry(entry));
      NpyFormat.write(tensor, zip);
      zip.closeEntry();
    }
    return file(name, bytes.toByteArray());
  }
}
