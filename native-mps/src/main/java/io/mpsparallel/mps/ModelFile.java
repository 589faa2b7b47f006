package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a model file before native code does, and says what it is if it is not TorchScript.
 * Reads the first bytes and, of a zip, the directory and the small records with code and pickles,
 * not the weights. Pure but for that.
 *
 * <p>Code and pickles must match their checksums: libtorch does not compare them, and a damaged
 * pickle can crash the process, or a damaged loop bound keep it busy. Weights are not compared;
 * damage there gives wrong numbers.
 *
 * <p>A flatbuffer is read as a whole, and only let through with the checksum that this library adds
 * to those it writes: libtorch verifies little of them, and a flipped byte can crash the process.
 * Those of other origin are refused.
 */
final class ModelFile {
  /** The forms that this engine loads. */
  enum Format {
    /** What {@code torch.jit.save} writes. */
    TORCHSCRIPT_ZIP,
    /** What {@link TorchBackend#share} writes; its weights can be mapped. */
    TORCHSCRIPT_FLATBUFFER
  }

  static final String EXPECTED =
      " (expected: TorchScript, from torch.jit.trace or torch.jit.script, then save)";

  private static final long MAX_CHECKED_BYTES = 16 << 20; // larger records are not read

  private ModelFile() {}

  /**
   * Finds out the format.
   *
   * @throws InferenceException {@code MODEL_NOT_FOUND} or {@code MODEL_INVALID}
   */
  static Format check(Path file) {
    byte[] head = head(file);
    if (head.length == 0) {
      throw invalid(file, "the file is empty", null);
    }
    if (startsWith(head, 0, "PK\3\4")) {
      checkZip(file);
      return Format.TORCHSCRIPT_ZIP;
    }
    if (startsWith(head, 4, "PTMF")) {
      checkFlatbuffer(file);
      return Format.TORCHSCRIPT_FLATBUFFER;
    }
    throw invalid(file, describe(file, head), null);
  }

  private static byte[] head(Path file) {
    if (!Files.exists(file)) {
      throw new InferenceException(ErrorCode.MODEL_NOT_FOUND, file + ": there is no such file");
    }
    if (Files.isDirectory(file)) {
      throw new InferenceException(ErrorCode.MODEL_NOT_FOUND, file + ": is a directory");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(64);
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.MODEL_NOT_FOUND, file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean startsWith(byte[] head, int offset, String magic) {
    byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
    if (head.length < offset + bytes.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (head[offset + i] != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private static void checkZip(Path file) {
    boolean constants = false;
    boolean data = false;
    boolean exported = false;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (var entries = zip.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        String name = entry.getName();
        checkRecord(file, zip, entry);
        constants |= name.endsWith("/constants.pkl");
        data |= name.endsWith("/data.pkl");
        exported |=
            name.endsWith("/archive_format") || name.endsWith("/serialized_exported_program.json");
      }
    } catch (ZipException | IllegalArgumentException e) { // the second for names that are no UTF-8
      throw invalid(file, "a zip archive that is truncated or damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw invalid(file, "cannot be read as a zip archive: " + e.getMessage(), e);
    }
    if (data && constants) {
      return;
    }
    String what =
        exported
            ? "a torch.export archive (.pt2), which is not supported yet"
            : data
                ? "a pickle without code, from torch.save: weights or a Python object"
                : "a zip archive without a model";
    throw invalid(file, what, null);
  }

  /** Compares code or a pickle with the checksum in the zip's directory. */
  private static void checkRecord(Path file, ZipFile zip, ZipEntry entry) throws IOException {
    String name = entry.getName();
    boolean checked = name.endsWith(".pkl") || name.endsWith(".py") || name.endsWith("_pkl");
    if (!checked || entry.getSize() > MAX_CHECKED_BYTES) {
      return;
    }
    CRC32 crc = new CRC32();
    try (InputStream in = zip.getInputStream(entry)) {
      crc.update(in.readNBytes((int) MAX_CHECKED_BYTES + 1));
    } catch (IOException e) {
      throw invalid(file, "record " + name + " is damaged: " + e.getMessage(), e);
    }
    if (crc.getValue() != entry.getCrc()) {
      throw invalid(file, "record " + name + " is damaged: its checksum differs", null);
    }
  }

  /** Only with a sound checksum: libtorch follows whatever offsets the file has. */
  private static void checkFlatbuffer(Path file) {
    Seal.State state;
    try {
      state = Seal.check(file);
    } catch (IOException e) {
      throw invalid(file, "cannot be read: " + e.getMessage(), e);
    }
    if (state == Seal.State.BROKEN) {
      throw invalid(file, "a flatbuffer model that is damaged", null);
    }
    if (state == Seal.State.NONE) {
      throw invalid(file, "a flatbuffer model that is truncated, or not of this library", null);
    }
  }

  private static String describe(Path file, byte[] head) {
    String name = String.valueOf(file.getFileName());
    if (name.endsWith(".onnx") || (head[0] == 8 && name.contains("onnx"))) {
      return "an ONNX model, which needs another engine";
    }
    if (startsWith(head, 0, "\u0089HDF")) {
      return "an HDF5 file, as Keras writes them";
    }
    if (head.length > 9 && head[8] == '{') {
      return "a safetensors file: weights without code";
    }
    if (startsWith(head, 0, "\u0080\2")) {
      return "a bare pickle, from an old torch.save";
    }
    return "a file of unknown format, beginning with 0x" + hex(head);
  }

  private static String hex(byte[] head) {
    return java.util.HexFormat.of().formatHex(head, 0, Math.min(8, head.length));
  }

  private static InferenceException invalid(Path file, String what, @Nullable Throwable cause) {
    return new InferenceException(ErrorCode.MODEL_INVALID, file + ": " + what + EXPECTED, cause);
  }
}
