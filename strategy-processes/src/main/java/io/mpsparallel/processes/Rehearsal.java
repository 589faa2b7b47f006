package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the process does from whose classes the archive is made: opens the engine, loads a model on
 * the CPU, runs it once if a shape is known, ends. Whatever fails is left out: an archive of fewer
 * classes is one as well. The archive's thread.
 *
 * @param engine the engine's id
 * @param settings how it is opened
 * @param model what it loads, or null
 */
record Rehearsal(String engine, BackendSettings settings, @Nullable ModelSource model) {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final long END_SECONDS = 60;

  /**
   * Goes through it, up to the process's end.
   *
   * @param most for how long, then the process is killed: nobody else watches it
   * @return whether the process ended as it should
   */
  boolean run(WorkerProcess child, Duration most) {
    CompletableFuture<Void> limit =
        CompletableFuture.runAsync(
            child::kill, CompletableFuture.delayedExecutor(most.toNanos(), TimeUnit.NANOSECONDS));
    try {
      ask(child.link());
      child.link().ask(FrameKind.END, 0, body -> {}).close();
      return child.death().get(END_SECONDS, TimeUnit.SECONDS).status() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LinkLost | ExecutionException | TimeoutException e) {
      LOG.debug("rehearsal", e);
    } finally {
      limit.cancel(false);
      child.kill();
      child.link().close();
    }
    return false;
  }

  private void ask(ParentLink link) throws LinkLost {
    try {
      try (Answer opened = link.ask(FrameKind.OPEN, 0, this::putOpen)) {
        if (ValueCodec.all(opened.body(), ValueCodec::device).contains(Device.CPU)) {
          link.ask(FrameKind.FACTS, 0, body -> ValueCodec.put(body, Device.CPU)).close();
          loadAndRun(link);
        }
      }
    } catch (InferenceException e) {
      LOG.debug("rehearsal: the rest is left out", e);
    }
  }

  private void putOpen(BodyWriter body) {
    body.putText(engine);
    SettingsCodec.put(body, settings);
  }

  private void loadAndRun(ParentLink link) throws LinkLost {
    if (model == null) {
      return;
    }
    Signature signature;
    try (Answer loaded = link.ask(FrameKind.LOAD, 1, body -> putLoad(body, model))) {
      signature = ValueCodec.signature(loaded.body());
    }
    List<Map<String, TensorSpec>> cases = model.warmUp().orFixed(signature).specs(signature);
    if (!cases.isEmpty()) {
      runOnce(link, WarmUp.inputs(cases.get(0), signature));
    }
  }

  private static void putLoad(BodyWriter body, ModelSource model) {
    ValueCodec.put(body, model);
    ValueCodec.put(body, Device.CPU);
    body.putText(FileDigest.UNKNOWN);
  }

  private static void runOnce(ParentLink link, NamedTensors inputs) throws LinkLost {
    try (inputs) {
      Region body = link.allocate(BodyWriter.bytesFor(inputs));
      new BodyWriter(link.memory(body)).put(inputs);
      link.send(FrameKind.RUN, 1, body, 0);
      link.await().close();
    }
  }
}
