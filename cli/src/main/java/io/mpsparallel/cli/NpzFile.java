package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Several NumPy arrays in one zip file, stored or deflated. Names are only ever names: nothing is
 * unpacked onto a disk. One thread; whoever opens it closes it.
 */
final class NpzFile implements AutoCloseable {
  private static final String SUFFIX = ".npy";

  /** Deflate cannot do better than this; a claim beyond it is a lie. */
  private static final long MAX_RATIO = 1032;

  private final Path file;
  private final ZipFile zip;
  private final long fileBytes;
  private final Map<String, ZipEntry> entries;

  private NpzFile(Path file, ZipFile zip, long fileBytes, Map<String, ZipEntry> entries) {
    this.file = file;
    this.zip = zip;
    this.fileBytes = fileBytes;
    this.entries = entries;
  }

  /**
   * Opens a file and lists its arrays.
   *
   * @param file a {@code .npz} file
   * @return the file, which the caller closes
   * @throws InferenceException {@code INVALID_INPUT} with file and reason
   */
  static NpzFile open(Path file) {
    ZipFile zip = null;
    try {
      long bytes = Files.size(file);
      zip = new ZipFile(file.toFile());
      return new NpzFile(file, zip, bytes, list(file, zip));
    } catch (IOException e) {
      throw NpyFormat.invalid(file.toString(), NpyFormat.reason(e), e);
    } catch (RuntimeException e) {
      closeQuietly(zip, e);
      throw e;
    }
  }

  private static void closeQuietly(@Nullable ZipFile zip, Throwable e) {
    try {
      if (zip != null) {
        zip.close();
      }
    } catch (IOException second) {
      e.addSuppressed(second);
    }
  }

  private static Map<String, ZipEntry> list(Path file, ZipFile zip) {
    Map<String, ZipEntry> found = new LinkedHashMap<>();
    for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
      String name = entry.getName();
      if (!name.endsWith(SUFFIX) || name.length() == SUFFIX.length()) {
        throw invalid(file, "entry '" + printable(name) + "' (expected: NAME.npy)");
      }
      String key = name.substring(0, name.length() - SUFFIX.length());
      if (!isSafe(key)) {
        throw invalid(
            file, "array '" + printable(key) + "' (expected: a name without / \\ or controls)");
      }
      if (found.put(key, entry) != null) {
        throw invalid(file, "array '" + key + "' twice");
      }
    }
    return found;
  }

  /** Whether a name is good for an array: it stays a plain file name for whoever unpacks it. */
  static boolean isSafe(String name) {
    return !name.isEmpty()
        && !name.startsWith("..")
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c));
  }

  /** A name without the characters that can take over a terminal. */
  private static String printable(String name) {
    StringBuilder text = new StringBuilder();
    name.codePoints().forEach(c -> text.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return text.toString();
  }

  /** {@return the names of the arrays, in the order of the file} */
  List<String> names() {
    return List.copyOf(entries.keySet());
  }

  /**
   * Reads one array.
   *
   * @param key its name
   * @return a tensor that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} with file, array and reason
   */
  Tensor read(String key) {
    ZipEntry entry = entries.get(key);
    if (entry == null) {
      throw invalid(file, "no array '" + printable(key) + "' (expected one of: " + names() + ")");
    }
    String where = file + "[" + key + "]";
    try (InputStream in = zip.getInputStream(entry)) {
      return NpyFormat.read(in, plausibleSize(entry, where), where);
    } catch (EOFException e) {
      throw NpyFormat.invalid(where, "truncated", e);
    } catch (IOException e) {
      throw NpyFormat.invalid(where, NpyFormat.reason(e), e);
    }
  }

  private long plausibleSize(ZipEntry entry, String where) {
    long packed = Math.min(entry.getCompressedSize(), fileBytes);
    if (entry.getSize() < 0 || entry.getSize() > packed * MAX_RATIO) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          where + ": " + entry.getSize() + " bytes out of " + packed + " (more than zip can do)");
    }
    return entry.getSize();
  }

  /**
   * Reads every array.
   *
   * @return the tensors by name, which the caller closes
   * @throws InferenceException {@code INVALID_INPUT} with file, array and reason
   */
  NamedTensors readAll() {
    List<Tensor> tensors = new ArrayList<>();
    try {
      names().forEach(name -> tensors.add(read(name)));
      return NamedTensors.of(names(), tensors);
    } catch (RuntimeException e) {
      tensors.forEach(Tensor::close);
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw NpyFormat.invalid(file.toString(), NpyFormat.reason(e), e);
    }
  }

  private static InferenceException invalid(Path file, String reason) {
    return new InferenceException(ErrorCode.INVALID_INPUT, file + ": " + reason);
  }
}
