package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.ErrorCode.Scope;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A worker's loop: takes a frame, does what it asks for, answers. Models by number, one stream,
 * slots for each model; inputs are tensors over the slab. What fails is answered; what nobody
 * expects ends the process. The main thread.
 *
 * <p>On devices that work by themselves it takes the next frame while they do, and answers in the
 * order of the frames. When the engine says that the device or the process is unusable, that is
 * answered, and then the worker ends: only another process helps.
 */
final class Worker implements AutoCloseable {
  private final WorkerLink link;
  private final Function<String, BackendProvider> engines;
  private final Map<Integer, WorkerModel> models = new HashMap<>();
  private @Nullable Backend backend;
  private @Nullable Forwards forwards;
  private Duration eventTimeout = Duration.ZERO;
  private boolean ended;
  private boolean broken;

  /**
   * A worker that has opened nothing yet.
   *
   * @param link where frames come from
   * @param engines finds an engine by its id, or throws {@code NOT_INSTALLED}
   */
  Worker(WorkerLink link, Function<String, BackendProvider> engines) {
    this.link = link;
    this.engines = engines;
  }

  /**
   * Until the parent is gone or says END, or the engine is unusable.
   *
   * @return false if the engine is unusable
   */
  boolean serve() {
    while (!ended && !broken) {
      WorkerLink.Frame frame = take();
      if (frame == null) {
        break;
      }
      serve(frame);
    }
    return !broken;
  }

  /** The next frame; forwards that are done are answered before that. Null at the end. */
  private WorkerLink.@Nullable Frame take() {
    while (forwards != null && !forwards.isEmpty()) {
      WorkerLink.Frame ahead = forwards.isOldestDone() ? null : link.poll();
      if (ahead != null) {
        return ahead;
      }
      note(forwards.answerOldest());
      if (broken) {
        return null;
      }
    }
    return link.next();
  }

  private void serve(WorkerLink.Frame frame) {
    try {
      if (frame.kind() == FrameKind.RUN) {
        forwards().run(frame, model(frame.model()));
      } else {
        finishForwards();
        if (!broken) {
          answer(frame);
        }
      }
    } catch (InferenceException e) {
      finishForwards(); // answers go in the order of the frames
      frame.fail(e);
      note(e);
    }
  }

  private void finishForwards() {
    while (forwards != null && !forwards.isEmpty()) {
      note(forwards.answerOldest());
    }
  }

  private void note(@Nullable InferenceException failure) {
    broken |= failure != null && isUnusableAfter(failure);
  }

  /** Whether a failure makes a worker's process useless. Lack of memory may pass. */
  static boolean isUnusableAfter(InferenceException failure) {
    return failure.code() != ErrorCode.OUT_OF_MEMORY
        && (failure.scope() == Scope.DEVICE || failure.scope() == Scope.PROCESS);
  }

  private void answer(WorkerLink.Frame frame) {
    switch (frame.kind()) {
      case OPEN -> open(frame);
      case FACTS -> facts(frame);
      case SHARE -> share(frame);
      case LOAD -> load(frame);
      case UNLOAD -> unload(frame);
      case THREADS -> threads(frame);
      case REPORT -> frame.answer(out -> ValueCodec.put(out, backend().report()));
      case END -> end(frame);
      default -> throw misuse(frame.kind() + ": not for a worker");
    }
  }

  private void open(WorkerLink.Frame frame) {
    if (backend != null) {
      throw misuse("an engine is open already");
    }
    BodyReader body = frame.body();
    BackendProvider engine = engines.apply(body.getText());
    BackendSettings settings = SettingsCodec.settings(body);
    Backend opened = engine.open(settings);
    backend = opened;
    eventTimeout = settings.eventTimeout();
    List<Device> devices = opened.devices();
    frame.answer(out -> ValueCodec.putAll(out, devices, ValueCodec::put));
  }

  private void facts(WorkerLink.Frame frame) {
    var facts = backend().capabilities(ValueCodec.device(frame.body()));
    frame.answer(out -> ValueCodec.put(out, facts));
  }

  private void share(WorkerLink.Frame frame) {
    BodyReader body = frame.body();
    ModelSource source = ValueCodec.source(body);
    var shared = new SharedWeights(Path.of(body.getText())).share(backend(), source);
    frame.answer(
        out -> {
          ValueCodec.put(out, shared.source());
          out.putText(shared.digest());
        });
  }

  private void load(WorkerLink.Frame frame) {
    BodyReader body = frame.body();
    ModelSource source = ValueCodec.source(body);
    Device device = ValueCodec.device(body);
    String digest = FileDigest.check(source.path(), body.getText());
    if (models.containsKey(frame.model())) {
      throw misuse("model " + frame.model() + ": there is one of this number");
    }
    forwardsOn(device);
    Model model = backend().load(source, device);
    models.put(frame.model(), new WorkerModel(model));
    frame.answer(
        out -> {
          ValueCodec.put(out, model.signature());
          out.putLong(model.weightBytes());
          out.putText(digest);
        });
  }

  private void unload(WorkerLink.Frame frame) {
    WorkerModel model = models.remove(frame.model());
    if (model != null) {
      model.close();
    }
    frame.answer(out -> {});
  }

  private void threads(WorkerLink.Frame frame) {
    backend().useThreads(SettingsCodec.threads(frame.body()));
    if (forwards != null) {
      forwards.reenter();
    }
    frame.answer(out -> {});
  }

  private void end(WorkerLink.Frame frame) {
    frame.answer(out -> {});
    ended = true;
  }

  // ---- what is open ----

  private Backend backend() {
    if (backend == null) {
      throw misuse("no engine is open");
    }
    return backend;
  }

  private WorkerModel model(int number) {
    WorkerModel model = models.get(number);
    if (model == null) {
      throw new InferenceException(ErrorCode.CLOSED, "model " + number + " is not loaded here");
    }
    return model;
  }

  private Forwards forwards() {
    if (forwards == null) {
      throw misuse("no model is loaded");
    }
    return forwards;
  }

  /** One device for each worker: that of its first model. */
  private void forwardsOn(Device device) {
    if (forwards == null) {
      forwards = new Forwards(backend().acquireStream(device), eventTimeout);
    } else if (!forwards.device().equals(device)) {
      throw misuse("device: " + device + " (expected: " + forwards.device() + ", as before)");
    }
  }

  private static InferenceException misuse(String what) {
    return new InferenceException(ErrorCode.MISUSE, "worker: " + what);
  }

  /** Closes models, stream and engine; not for an engine that is unusable. */
  @Override
  public void close() {
    models.values().forEach(WorkerModel::close);
    models.clear();
    if (forwards != null) {
      forwards.close();
    }
    if (backend != null) {
      backend.close();
    }
  }
}
