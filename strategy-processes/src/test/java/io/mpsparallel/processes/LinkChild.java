package io.mpsparallel.processes;

import java.nio.file.Path;

/** A child process that answers with its inputs. */
final class LinkChild {
  private LinkChild() {}

  /** Arguments: file and length of segment 0, nanoseconds to look. */
  public static void main(String[] args) throws Exception {
    Segment first = Segment.open(Path.of(args[0]), Integer.parseInt(args[1]));
    Waiter.Look look = new Spin(Long.parseLong(args[2]));
    try (WorkerEnd worker = new WorkerEnd(first, PipeBell.inherited(), look)) {
      for (var frame = worker.next(); frame != null; frame = worker.next()) {
        LinkPair.echo(frame);
      }
    }
  }
}
