package io.mpsparallel.cli;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that has settings applied again whenever their file has changed. Settings that are bad,
 * or that cannot be had, are told, and those before stay.
 */
final class ConfigWatch implements AutoCloseable {
  /** Editors write in several steps: it reads when nothing has happened for so long. */
  private static final long QUIET_MILLIS = 50;

  private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);

  private final Path name;
  private final Supplier<ExecutorSettings> read;
  private final Consumer<ExecutorSettings> apply;
  private final Consumer<String> say;
  private final WatchService changes;
  private final Thread thread = new Thread(this::run, "mps-parallel-config");

  /**
   * Begins to watch.
   *
   * @param file the file
   * @param read reads the settings, the file among them
   * @param apply changes to them
   * @param say is told of each change, and of each that was refused
   * @throws InferenceException {@code CONFIG_INVALID} if the file's directory cannot be watched
   */
  ConfigWatch(
      Path file,
      Supplier<ExecutorSettings> read,
      Consumer<ExecutorSettings> apply,
      Consumer<String> say) {
    Path absolute = file.toAbsolutePath();
    name = requireNonNull(absolute.getFileName(), "file");
    this.read = read;
    this.apply = apply;
    this.say = say;
    changes = watched(requireNonNull(absolute.getParent(), "directory"));
    thread.setDaemon(true);
    thread.start();
  }

  private static WatchService watched(Path directory) {
    try {
      WatchService service = directory.getFileSystem().newWatchService();
      directory.register(
          service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      return service;
    } catch (IOException e) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID, "--watch: " + directory + " cannot be watched: " + e, e);
    }
  }

  private void run() {
    try {
      while (true) {
        boolean changed = concerns(changes.take());
        WatchKey more = next();
        while (more != null) {
          changed |= concerns(more);
          more = next();
        }
        if (changed) {
          change();
        }
      }
    } catch (ClosedWatchServiceException e) {
      LOG.trace("over", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable WatchKey next() throws InterruptedException {
    return changes.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Whether the file is among what has changed, or may be. */
  private boolean concerns(WatchKey key) {
    boolean ours =
        key.pollEvents().stream()
            .anyMatch(event -> event.context() == null || name.equals(event.context()));
    key.reset();
    return ours;
  }

  private void change() {
    try {
      ExecutorSettings settings = read.get();
      apply.accept(settings);
      say.accept("settings read again: strategy " + settings.strategy());
    } catch (InferenceException e) {
      say.accept("settings stay as they were: " + e.getMessage());
    }
  }

  /** Ends the thread; a change that has begun is finished first. */
  @Override
  public void close() {
    try {
      changes.close();
      thread.join();
    } catch (IOException e) {
      say.accept("--watch: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
