package io.mpsparallel.processes;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * Round trips of the link between two processes: the child answers with its inputs, the parent
 * copies them in and has the answer as a view. Argument: nanoseconds to look, 20000 if there is
 * none.
 */
public final class RoundTrips {
  private static final int SLAB_BYTES = 64 << 20;
  private static final long MOST_BYTES = 1L << 30;

  private RoundTrips() {}

  /**
   * Measures, or is the child.
   *
   * @param args the longest look; or for the child the file of the slab as well
   */
  public static void main(String[] args) throws Exception {
    long spinNanos = args.length > 0 ? Long.parseLong(args[0]) : 20_000;
    if (args.length > 1) {
      echo(Path.of(args[1]), spinNanos);
      return;
    }
    Segment first = Segment.create(directory(), SLAB_BYTES);
    Process child = start(first.file(), spinNanos);
    Bell bell = new PipeBell(child.getInputStream(), child.getOutputStream());
    try (ParentEnd link = new ParentEnd(first, 1, bell, new Spin(spinNanos), MOST_BYTES)) {
      measure(link, "4 KB, back to back", 4 << 10, 200_000, 0);
      measure(link, "4 KB, once a millisecond", 4 << 10, 4000, 1_000_000);
      measure(link, "4 MB, back to back", 4 << 20, 3000, 0);
      copies(4 << 20);
    }
    child.waitFor();
  }

  private static Path directory() {
    Path memory = Path.of("/dev/shm");
    return Files.isDirectory(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
  }

  private static Process start(Path slab, long spinNanos) throws IOException {
    String move = "exec \"$@\" 3<&0 4>&1 0</dev/null 1>&2";
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> flags = List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", move, "sh", java));
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RoundTrips.class.getName());
    command.addAll(List.of(Long.toString(spinNanos), slab.toString()));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void echo(Path slab, long spinNanos) throws IOException {
    Segment first = Segment.open(slab, SLAB_BYTES);
    try (WorkerEnd worker = new WorkerEnd(first, PipeBell.inherited(), new Spin(spinNanos))) {
      for (var frame = worker.next(); frame != null; frame = worker.next()) {
        try (NamedTensors inputs = frame.body().getTensors(() -> {})) {
          frame.answer(inputs);
        }
      }
    }
  }

  private static void measure(ParentEnd link, String what, int bytes, int rounds, long gapNanos)
      throws LinkLost {
    long[] nanos = new long[rounds];
    try (NamedTensors inputs = NamedTensors.of(Tensor.of(new float[bytes / 4], bytes / 4))) {
      long room = BodyWriter.bytesFor(inputs);
      for (int i = 0; i < rounds; i++) {
        if (gapNanos > 0) {
          LockSupport.parkNanos(gapNanos);
        }
        long start = System.nanoTime();
        round(link, inputs, room);
        nanos[i] = System.nanoTime() - start;
      }
    }
    print(what, Arrays.copyOfRange(nanos, rounds / 2, rounds));
  }

  private static void round(ParentEnd link, NamedTensors inputs, long room) throws LinkLost {
    Region body = link.allocate(BodyWriter.bytesFor(inputs));
    new BodyWriter(link.memory(body)).put(inputs);
    link.send(FrameKind.RUN, 1, body, room);
    try (Answer answer = link.await()) {
      answer.takeTensors().close();
    }
  }

  private static void copies(int bytes) {
    ByteBuffer from = ByteBuffer.allocateDirect(bytes);
    ByteBuffer to = ByteBuffer.allocateDirect(bytes);
    ByteBuffer last = ByteBuffer.allocateDirect(bytes);
    long[] nanos = new long[3000];
    for (int i = 0; i < nanos.length; i++) {
      long start = System.nanoTime();
      to.put(0, from, 0, bytes);
      last.put(0, to, 0, bytes);
      nanos[i] = System.nanoTime() - start;
    }
    print("two copies of 4 MB", Arrays.copyOfRange(nanos, nanos.length / 2, nanos.length));
  }

  private static void print(String what, long[] nanos) {
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "%-26s p50 %8.1f  p90 %8.1f  p99 %8.1f us%n",
        what,
        nanos[nanos.length / 2] / 1e3,
        nanos[nanos.length * 9 / 10] / 1e3,
        nanos[nanos.length * 99 / 100] / 1e3);
  }
}
