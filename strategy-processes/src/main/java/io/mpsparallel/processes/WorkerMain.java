package io.mpsparallel.processes;

import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Where a worker process begins: not to be called. Its arguments: the file of segment 0, its
 * length, the parent's process id, the longest spin in nanoseconds, the argument file that it was
 * started with, which it deletes.
 */
public final class WorkerMain {
  /** The exit status after the engine said that it is unusable. */
  static final int BROKEN = 71;

  /** The exit status after something that nobody expected; it is in the log. */
  static final int UNEXPECTED = 72;

  private static final Path OOM_SCORE = Path.of("/proc/self/oom_score_adj");
  private static final int OOM_SCORE_RAISE = 300;
  private static final int OOM_SCORE_MOST = 1000;

  private WorkerMain() {}

  /**
   * Serves the parent until it ends or says so.
   *
   * @param args see above
   */
  public static void main(String[] args) {
    try {
      run(Path.of(args[0]), Integer.parseInt(args[1]), Long.parseLong(args[2]), args);
    } catch (Throwable e) { // the last place where anybody can say what it was
      e.printStackTrace();
      Runtime.getRuntime().halt(UNEXPECTED);
    }
  }

  private static void run(Path slab, int bytes, long parentPid, String[] args) throws IOException {
    Files.deleteIfExists(Path.of(args[4]));
    raiseOomScore();
    Segment first = Segment.open(slab, bytes);
    first.unlink(); // the parent does so as well, unless it is killed before
    WorkerLink link = new WorkerEnd(first, PipeBell.inherited(), new Spin(Long.parseLong(args[3])));
    Watch.start(link::beat, parentPid);
    Worker worker = new Worker(link, WorkerMain::engine);
    if (!worker.serve()) {
      Runtime.getRuntime().halt(BROKEN);
    }
    worker.close();
    System.exit(0); // and not halt: a class-data archive is written at a normal exit
  }

  /** The kernel is to take a worker before its parent when memory runs out. */
  private static void raiseOomScore() {
    try {
      if (Files.isWritable(OOM_SCORE)) {
        int score = Integer.parseInt(Files.readString(OOM_SCORE).strip());
        int raised = Math.max(score, Math.min(score + OOM_SCORE_RAISE, OOM_SCORE_MOST));
        Files.writeString(OOM_SCORE, String.valueOf(raised));
      }
    } catch (IOException | NumberFormatException e) {
      System.err.println("oom_score_adj stays as it is: " + e);
    }
  }

  private static BackendProvider engine(String id) {
    List<String> found = new ArrayList<>();
    for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
      if (provider.id().equals(id)) {
        return provider;
      }
      found.add(provider.id());
    }
    throw new InferenceException(
        ErrorCode.NOT_INSTALLED,
        "backend '"
            + id
            + "' in a worker process (found: "
            + found
            + "); it opens engines that are providers in META-INF/services on the class path");
  }
}
