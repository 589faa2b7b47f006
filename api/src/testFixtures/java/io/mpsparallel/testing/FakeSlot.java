package io.mpsparallel.testing;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One forward of a fake model. Everything is guarded by this. */
final class FakeSlot implements Slot {
  private enum State {
    EMPTY,
    FILLED,
    IN_FLIGHT,
    DONE
  }

  private final FakeModel model;
  private final FakeStream stream;
  private State state = State.EMPTY;
  private boolean closed;
  private @Nullable NamedTensors inputs;
  private @Nullable NamedTensors staged; // our own handles
  private @Nullable NamedTensors lent; // the caller's handles on staged
  private @Nullable NamedTensors outputs;
  private @Nullable InferenceException failure;
  private @Nullable Mark mark;

  FakeSlot(FakeModel model, FakeStream stream) {
    this.model = model;
    this.stream = stream;
    stream.device.backend.counts().begin(FakeCounts.Kind.SLOTS);
  }

  FakeStream stream() {
    return stream;
  }

  @Override
  public synchronized void bind(NamedTensors given) {
    checkEmpty("bind");
    inputs = model.signature().check(given);
    state = State.FILLED;
  }

  @Override
  public synchronized NamedTensors stage(List<String> names, List<TensorSpec> specs) {
    checkEmpty("stage");
    List<Tensor> memory = new ArrayList<>(specs.size());
    specs.forEach(spec -> memory.add(Tensor.allocate(spec)));
    try {
      staged = NamedTensors.of(names, memory);
      inputs = model.signature().checkStaged(staged);
    } catch (InferenceException e) {
      memory.forEach(Tensor::close);
      staged = null;
      throw e;
    }
    lent = staged.share();
    state = State.FILLED;
    return lent;
  }

  private void checkEmpty(String what) {
    checkOpen();
    model.checkOpen();
    if (state != State.EMPTY) {
      throw Fakes.misuse(what + ": the slot is " + state + " (expected: EMPTY)");
    }
  }

  synchronized void checkFilled() {
    checkOpen();
    if (state != State.FILLED) {
      throw Fakes.misuse("run: the slot is " + state + " (expected: FILLED)");
    }
  }

  private void checkOpen() {
    stream.device.backend.checkOpen();
    if (closed) {
      throw Fakes.closed("the slot");
    }
  }

  synchronized void inFlight(Mark next) {
    mark = next;
    state = State.IN_FLIGHT;
    try {
      model.beginCall();
      model.ran(stream, inputs);
    } catch (InferenceException e) {
      failure = e;
    }
    closeLent();
  }

  private void closeLent() {
    if (lent != null) {
      lent.close();
      lent = null;
    }
  }

  /** The slot is done, with a failure. */
  synchronized void fail(InferenceException why) {
    failure = why;
    mark = null;
    state = State.DONE;
    closeLent();
  }

  /** On the device. */
  void compute(@Nullable InferenceException deviceFailure) {
    NamedTensors given;
    synchronized (this) {
      if (failure != null) {
        return;
      }
      given = inputs;
    }
    FakeBackend backend = stream.device.backend;
    int number = backend.counts().begin(FakeCounts.Kind.FORWARDS);
    try {
      backend.turnstile().pass();
      throwIfAny(backend.faults().ofDevice(stream.device.id));
      throwIfAny(deviceFailure);
      throwIfAny(backend.faults().ofForward(number));
      NamedTensors results = model.call(given);
      keep(results);
    } catch (InterruptedException e) {
      remember(Fakes.interrupted("forward", e));
    } catch (InferenceException e) {
      remember(e);
    } catch (RuntimeException e) {
      remember(new InferenceException(ErrorCode.MODEL_FAILED, "model: " + e, e));
    } finally {
      backend.counts().end(FakeCounts.Kind.FORWARDS);
      model.endCall();
    }
  }

  private synchronized void keep(NamedTensors results) {
    if (closed) {
      results.close(); // nobody waited so long
    } else {
      outputs = results;
    }
  }

  private static void throwIfAny(@Nullable InferenceException failure) {
    if (failure != null) {
      throw failure;
    }
  }

  private synchronized void remember(InferenceException why) {
    failure = why;
  }

  @Override
  public synchronized NamedTensors takeOutputs() {
    checkOpen();
    if (state == State.EMPTY || state == State.FILLED) {
      throw Fakes.misuse("takeOutputs: the slot is " + state + " (expected: run and done)");
    }
    if (mark != null && !mark.isReached()) {
      throw new InferenceException(ErrorCode.NOT_READY, "the slot's event is not done");
    }
    NamedTensors taken = outputs;
    InferenceException why = failure;
    empty();
    if (why != null) {
      throw why;
    }
    return taken;
  }

  private void empty() {
    state = State.EMPTY;
    inputs = null;
    outputs = null;
    failure = null;
    mark = null;
    closeLent();
    if (staged != null) {
      staged.close();
      staged = null;
    }
  }

  @Override
  public void close() {
    Mark last;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      last = mark;
    }
    awaitQuietly(last);
    synchronized (this) {
      if (outputs != null) {
        outputs.close();
      }
      empty();
    }
    stream.device.backend.counts().end(FakeCounts.Kind.SLOTS);
  }

  private void awaitQuietly(@Nullable Mark last) {
    try {
      if (last != null) {
        Duration patience = stream.device.backend.settings().eventTimeout();
        stream.device.backend.slotAwaited(last.await(patience));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
