package io.mpsparallel.mps;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.BackendSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** A small sound model in each of its forms, and zip archives that are made or changed. */
final class ModelForms {
  private ModelForms() {}

  static Path zip(Path directory) {
    return ScriptModels.mlp(directory.resolve("good.pt"), 1, 4, 8, 2);
  }

  static Path flatbuffer(Path directory) throws IOException {
    Path shared = Files.createDirectories(directory.resolve("shared"));
    try (Backend backend = TorchBackend.open(BackendSettings.DEFAULTS)) {
      return backend.share(ModelSource.of(zip(directory)), shared).path();
    }
  }

  static void writeZip(Path file, Map<String, byte[]> entries) throws IOException {
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        put(out, entry.getKey(), entry.getValue());
      }
    }
  }

  /** Entries are stored, as libtorch wants them. */
  private static void put(ZipOutputStream out, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(bytes);
    entry.setCrc(crc.getValue());
    out.putNextEntry(entry);
    out.write(bytes);
    out.closeEntry();
  }

  /** Copies an archive with other bytes in some of its entries. */
  static void rewriteZip(Path from, Path to, Predicate<String> which, byte[] bytes)
      throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(from.toFile())) {
      for (var all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        byte[] own = zip.getInputStream(entry).readAllBytes();
        entries.put(entry.getName(), which.test(entry.getName()) ? bytes : own);
      }
    }
    writeZip(to, entries);
  }
}
