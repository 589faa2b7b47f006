package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The forms of models that all workers map, in a directory: written once by the engine, named by
 * the digest of the model. A note beside them says which file stands for which model, as it was
 * when that was written (size, times, number of the file), so that later runs need not read the
 * model, and the checksum of the form, so that one that was damaged is written anew. One thread of
 * one process; several processes that write the same note write the same.
 */
final class SharedWeights {
  /**
   * A form of a model.
   *
   * @param source what to load
   * @param digest of its file, by {@link FileDigest}
   */
  record Shared(ModelSource source, String digest) {}

  private final Path directory;

  SharedWeights(Path directory) {
    this.directory = directory;
  }

  /**
   * The form of a model that is there, or a new one.
   *
   * @throws InferenceException what the engine fails with; {@code MODEL_NOT_FOUND} if the model
   *     cannot be read or the form not be written
   */
  Shared share(Backend backend, ModelSource source) {
    String identity = identity(source.path());
    Path note = directory.resolve(nameOf(source.path()) + ".note");
    Shared known = known(note, identity, source);
    return known == null ? write(backend, source, note, identity) : known;
  }

  private static String nameOf(Path model) {
    return UUID.nameUUIDFromBytes(model.toString().getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static String identity(Path model) {
    try {
      boolean unix = model.getFileSystem().supportedFileAttributeViews().contains("unix");
      return unix
          ? Files.readAttributes(model, "unix:size,lastModifiedTime,ctime,ino,dev")
              .values()
              .stream()
              .map(String::valueOf)
              .sorted()
              .toList()
              .toString()
          : Files.size(model) + " " + Files.getLastModifiedTime(model);
    } catch (IOException e) {
      throw new InferenceException(ErrorCode.MODEL_NOT_FOUND, model + ": cannot be read", e);
    }
  }

  /** What a note says, if it is of this very model and the form is as it was written. */
  private @Nullable Shared known(Path note, String identity, ModelSource source) {
    try {
      List<String> lines = Files.exists(note) ? Files.readAllLines(note) : List.of();
      if (lines.size() != 3 || !lines.get(0).equals(identity)) {
        return null;
      }
      Path form = directory.resolve(lines.get(1));
      if (!Files.exists(form)) {
        return null;
      }
      if (FileDigest.of(form).equals(lines.get(2))) {
        return new Shared(source.at(form), lines.get(2));
      }
      Files.delete(form); // damaged: else the engine might take it for good
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  private Shared write(Backend backend, ModelSource source, Path note, String identity) {
    ModelSource form = backend.share(source, directory);
    Shared shared = new Shared(form, FileDigest.of(form.path()));
    try {
      Path unfinished = Files.createTempFile(directory, "note", ".part");
      Files.write(
          unfinished,
          List.of(identity, String.valueOf(form.path().getFileName()), shared.digest()));
      Files.move(unfinished, note, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.MODEL_NOT_FOUND, directory + ": cannot be written: " + e.getMessage(), e);
    }
    return shared;
  }
}
