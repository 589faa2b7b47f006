package io.mpsparallel.processes;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts child JVMs with an argument file, pipes, shared memory and a log of their own. The thread
 * that does so ends after every child has.
 */
final class ProcessLauncher implements Launcher {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessLauncher.class);
  private static final String ARGUMENTS = "arguments-";
  private static final String HS_ERR = "hs_err_";
  private static final String LOG_SUFFIX = ".log";
  private static final int KEPT_CRASHES = 32;
  private static final long CLOSE_SECONDS = 5;

  private final ProcessSettings settings;
  private final ExecutorSettings all;
  private final CacheDirectory cache;
  private final Path slabs;
  private final WorkerCommand.Inherited inherited;
  private final ClassDataArchive archive;
  private final Set<ChildProcess> children = ConcurrentHashMap.newKeySet();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(work -> daemon(work, "mps-parallel-launcher"));
  private @Nullable Boolean hasSetpriv; // the launcher's thread
  private @Nullable CompletableFuture<Boolean> archiving; // guarded by this
  private volatile boolean opened;
  private volatile boolean closed;

  ProcessLauncher(ExecutorSettings settings) {
    this(settings, ThisProcess.inherited());
  }

  /** A launcher of children that take over other things than those of this JVM. */
  ProcessLauncher(ExecutorSettings all, WorkerCommand.Inherited inherited) {
    this.all = all;
    this.settings = all.processes();
    this.inherited = inherited;
    cache = CacheDirectory.of(settings.launch().cache());
    slabs = ThisProcess.sharedMemory(cache.run());
    archive = ClassDataArchive.of(cache.archives(), inherited, settings.launch().cds());
    Leftovers.sweep(cache.run(), ARGUMENTS, settings.launch().limit());
    Leftovers.sweep(slabs, Segment.PREFIX, settings.launch().limit());
    Leftovers.keepNewest(cache.crashes(), LOG_SUFFIX, KEPT_CRASHES);
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public Path weights() {
    return cache.weights();
  }

  @Override
  public void engineOpened() {
    opened = true;
  }

  @Override
  public CompletableFuture<WorkerProcess> start(String name, int depth) {
    return onThread(() -> startNow(name, depth, archive.useOption()));
  }

  private CompletableFuture<WorkerProcess> onThread(Supplier<WorkerProcess> start) {
    try {
      return CompletableFuture.supplyAsync(start, thread);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(closed());
    }
  }

  private static InferenceException closed() {
    return new InferenceException(ErrorCode.CLOSED, "the launcher of worker processes was closed");
  }

  // ---- on the launcher's thread ----

  private WorkerProcess startNow(String name, int depth, @Nullable String archiveOption) {
    if (closed) {
      throw closed();
    }
    Segment slab = Segment.create(slabs, (int) settings.slabBytes());
    try {
      Slab.format(slab, SlabLayout.slots(depth), 0); // before there is anybody to look at it
      return start(name, depth, archiveOption, slab);
    } catch (IOException e) {
      slab.unlink();
      slab.close();
      throw new InferenceException(
          ErrorCode.WORKER_START_FAILED, name + " cannot be started: " + e.getMessage(), e);
    }
  }

  private WorkerProcess start(String name, int depth, @Nullable String archiveOption, Segment slab)
      throws IOException {
    Path hsErr = cache.crashes().resolve(Leftovers.name(HS_ERR + name + "_", LOG_SUFFIX));
    Path arguments = cache.run().resolve(Leftovers.name(ARGUMENTS, ""));
    writePrivate(
        arguments,
        WorkerCommand.arguments(
            settings.launch().heapBytes(), inherited.andUnpacked(opened), archiveOption, hsErr));
    try {
      Process process = builder(arguments, slab).start();
      ChildProcess child =
          new ChildProcess(
              process,
              linkTo(process, depth, slab),
              LogReader.start(name, process.getErrorStream()),
              hsErr,
              dead -> bury(dead, slab, arguments, archiveOption));
      children.add(child);
      if (child.death().isDone()) {
        children.remove(child);
      }
      return child;
    } catch (IOException e) {
      Leftovers.delete(arguments);
      throw e;
    }
  }

  private static void writePrivate(Path file, List<String> lines) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(file, lines);
  }

  private ProcessBuilder builder(Path arguments, Segment slab) {
    List<String> args =
        List.of(
            slab.file().toString(),
            String.valueOf(slab.length()),
            String.valueOf(ProcessHandle.current().pid()),
            String.valueOf(settings.spin().toNanos()),
            arguments.toString());
    if (hasSetpriv == null) {
      hasSetpriv = ThisProcess.hasSetpriv();
    }
    ProcessBuilder builder =
        new ProcessBuilder(WorkerCommand.command(hasSetpriv, ThisProcess.java(), arguments, args));
    builder.environment().keySet().removeAll(WorkerCommand.FORBIDDEN);
    builder.environment().putAll(WorkerCommand.environment(all.backendSettings().threads()));
    return builder;
  }

  private ParentLink linkTo(Process process, int depth, Segment slab) {
    Bell bell = new PipeBell(process.getInputStream(), process.getOutputStream());
    Waiter.Look look = new Spin(settings.spin().toNanos());
    long most = ThisProcess.mostSharedBytes(settings.limits().memoryBytes());
    return new ParentEnd(slab, depth, bell, look, most);
  }

  /** A child that left its argument file never reached its main class. */
  private void bury(
      ChildProcess child, Segment slab, Path arguments, @Nullable String archiveOption) {
    children.remove(child);
    slab.unlink(); // the mapping is the link's
    Leftovers.keepNewest(cache.crashes(), LOG_SUFFIX, KEPT_CRASHES);
    if (Files.exists(arguments)) {
      Leftovers.delete(arguments);
      if (archiveOption != null && !closed && !child.wasKilled()) {
        LOG.debug("a worker with {} never reached its main class", archiveOption);
        archive.distrust();
      }
    }
  }

  // ---- the archive ----

  @Override
  public synchronized CompletableFuture<Boolean> makeArchive(
      String engine, @Nullable ModelSource model) {
    if (archiving == null) {
      CompletableFuture<Boolean> over = new CompletableFuture<>();
      archiving = over;
      daemon(() -> makeAndTell(engine, model, over), "mps-parallel-archive").start();
    }
    return archiving;
  }

  private void makeAndTell(
      String engine, @Nullable ModelSource model, CompletableFuture<Boolean> over) {
    try {
      over.complete(archive.isMissing() ? makeNow(engine, model) : archive.useOption() != null);
    } catch (RuntimeException | Error e) {
      LOG.debug("no class-data archive", e);
      over.complete(false);
    }
  }

  private boolean makeNow(String engine, @Nullable ModelSource model) {
    boolean well = false;
    try {
      WorkerProcess child = onThread(() -> startNow("archive", 1, archive.makeOption())).join();
      well =
          new Rehearsal(engine, all.backendSettings(), model).run(child, settings.launch().limit());
    } catch (RuntimeException e) {
      LOG.debug("no class-data archive", e);
    }
    return archive.made(well);
  }

  // ---- the end ----

  @Override
  public void close() {
    closed = true;
    thread.shutdown();
    try {
      boolean over = thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      List<ChildProcess> alive = List.copyOf(children);
      alive.forEach(ChildProcess::kill);
      CompletableFuture.allOf(
              alive.stream().map(ChildProcess::death).toArray(CompletableFuture[]::new))
          .get(CLOSE_SECONDS, TimeUnit.SECONDS);
      if (!over) {
        LOG.warn("a worker process is still being started after {} s", CLOSE_SECONDS);
      }
    } catch (InterruptedException e) {
      children.forEach(ChildProcess::kill);
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("worker processes did not end within {} s: {}", CLOSE_SECONDS, children.size());
    }
  }
}
