package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes tensors into a zip file of NumPy arrays, as {@code numpy.savez} does: stored, not
 * deflated. The same tensors give the same bytes. Pure functions but for the file.
 */
final class NpzWriter {
  private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

  private NpzWriter() {}

  /**
   * Writes a file; one that is there already is replaced once everything is written.
   *
   * @param file where to
   * @param tensors what to write; without names, or where a name is no good for a file, they are
   *     called {@code output0}, {@code output1}, ...
   * @throws InferenceException {@code INVALID_INPUT} if the file cannot be written
   */
  static void write(Path file, NamedTensors tensors) {
    Path target = file.toAbsolutePath();
    try {
      Path unfinished =
          target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid());
      try {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(unfinished))) {
          write(out, tensors);
        }
        Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT, file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static void write(OutputStream out, NamedTensors tensors) throws IOException {
    List<String> names = names(tensors);
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (int i = 0; i < tensors.size(); i++) {
        ZipEntry entry = new ZipEntry(names.get(i) + ".npy");
        entry.setTimeLocal(EPOCH);
        measure(tensors.get(i), entry);
        zip.putNextEntry(entry);
        NpyFormat.write(tensors.get(i), zip);
        zip.closeEntry();
      }
    }
  }

  /** Stored entries tell their size and checksum in advance. */
  private static void measure(Tensor tensor, ZipEntry entry) throws IOException {
    CountingStream count = new CountingStream();
    CRC32 crc = new CRC32();
    NpyFormat.write(tensor, new CheckedOutputStream(count, crc));
    entry.setSize(count.bytes);
    entry.setCompressedSize(count.bytes);
    entry.setCrc(crc.getValue());
  }

  /** What the tensors are called in the file. */
  static List<String> names(NamedTensors tensors) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      String given = tensors.names().isEmpty() ? "" : tensors.names().get(i);
      names.add(NpzFile.isSafe(given) ? given : "output" + i);
    }
    if (new HashSet<>(names).size() != names.size()) {
      throw new InferenceException(ErrorCode.INVALID_INPUT, "names: " + names + " has doubles");
    }
    return names;
  }

  private static final class CountingStream extends OutputStream {
    long bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] b, int off, int len) {
      bytes += len;
    }
  }
}
