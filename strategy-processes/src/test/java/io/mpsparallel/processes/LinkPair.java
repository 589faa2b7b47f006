package io.mpsparallel.processes;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** Both ends of a link in one process; the worker's is served by a thread. */
final class LinkPair implements AutoCloseable {
  static final Path DIRECTORY =
      Files.isDirectory(Path.of("/dev/shm"))
          ? Path.of("/dev/shm")
          : Path.of(System.getProperty("java.io.tmpdir"));

  static final long MOST_BYTES = 64L << 20;

  final Segment first;
  final ParentEnd parent;
  final WorkerEnd worker;
  private final CompletableFuture<Void> served = new CompletableFuture<>();

  private LinkPair(int bytes, int depth, Waiter.Look look, int lastNumber) {
    LoopbackBell[] bells = LoopbackBell.pair();
    first = Segment.create(DIRECTORY, bytes);
    parent = new ParentEnd(first, depth, bells[0], look, MOST_BYTES, lastNumber);
    worker = new WorkerEnd(Segment.open(first.file(), bytes), bells[1], look);
  }

  /** With a worker that nobody serves. */
  static LinkPair idle(int bytes, int depth) {
    LinkPair pair = new LinkPair(bytes, depth, Waiter.Look.NEVER, 0);
    pair.served.complete(null);
    return pair;
  }

  static LinkPair serving(int bytes, int depth, Consumer<WorkerLink.Frame> body) {
    return serving(bytes, depth, 0, body);
  }

  static LinkPair serving(int bytes, int depth, int lastNumber, Consumer<WorkerLink.Frame> body) {
    LinkPair pair = new LinkPair(bytes, depth, Waiter.Look.NEVER, lastNumber);
    new Thread(() -> pair.serve(body), "worker").start();
    return pair;
  }

  /** Says that it has ended once the worker's end is closed: its memory is looked for then. */
  private void serve(Consumer<WorkerLink.Frame> body) {
    Throwable failure = null;
    try (worker) {
      for (var frame = worker.next(); frame != null; frame = worker.next()) {
        body.accept(frame);
      }
    } catch (Throwable e) {
      failure = e;
    }
    if (failure == null) {
      served.complete(null);
    } else {
      served.completeExceptionally(failure);
    }
  }

  /** Answers with the inputs. */
  static void echo(WorkerLink.Frame frame) {
    try (NamedTensors inputs = frame.body().getTensors(() -> {})) {
      frame.answer(inputs);
    }
  }

  /** Writes a body and hands it in. */
  static int send(ParentLink link, NamedTensors inputs, long room) throws LinkLost {
    Region body = link.allocate(BodyWriter.bytesFor(inputs));
    new BodyWriter(link.memory(body)).put(inputs);
    return link.send(FrameKind.RUN, 1, body, room);
  }

  static List<TensorSpec> specs(NamedTensors tensors) {
    List<TensorSpec> specs = new ArrayList<>();
    tensors.tensors().forEach(tensor -> specs.add(tensor.spec()));
    return specs;
  }

  /** Closes the parent's end and waits for the worker's, which must not have failed. */
  @Override
  public void close() {
    parent.close();
    try {
      served.join();
    } catch (CompletionException e) {
      throw new AssertionError("the worker failed", e.getCause());
    } finally {
      worker.close();
    }
  }
}
