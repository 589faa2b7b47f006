package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Launch;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A real worker process with an engine, for tests: asks what a parent asks. One thread. */
final class Child implements AutoCloseable {
  static final int MODEL = 1;

  final WorkerProcess process;

  Child(WorkerProcess process) {
    this.process = process;
  }

  static ExecutorSettings settings(Path cache) {
    Launch launch = new Launch(32L << 20, Duration.ofSeconds(60), true, cache.toString());
    ProcessSettings processes = ProcessSettings.DEFAULTS.withLaunch(launch).withSlabBytes(1 << 20);
    return ExecutorSettings.DEFAULTS.withProcesses(processes);
  }

  /** Starts a worker and opens an engine in it. */
  static Child open(Launcher launcher, String engine) throws LinkLost {
    Child child = new Child(get(launcher.start("w0", 4)));
    List<Device> devices = child.openEngine(engine);
    if (!devices.contains(Device.CPU)) {
      throw new AssertionError(devices);
    }
    return child;
  }

  static <T> T get(CompletableFuture<T> future) {
    return future.orTimeout(60, TimeUnit.SECONDS).join();
  }

  List<Device> openEngine(String engine) throws LinkLost {
    try (Answer answer =
        link()
            .ask(
                FrameKind.OPEN,
                0,
                body -> {
                  body.putText(engine);
                  SettingsCodec.put(body, BackendSettings.DEFAULTS);
                })) {
      return ValueCodec.all(answer.body(), ValueCodec::device);
    }
  }

  /** What LOAD answers. */
  record Loaded(Signature signature, long weightBytes, String digest) {}

  Loaded load(ModelSource source, String digest) throws LinkLost {
    try (Answer answer =
        link()
            .ask(
                FrameKind.LOAD,
                MODEL,
                body -> {
                  ValueCodec.put(body, source);
                  ValueCodec.put(body, Device.CPU);
                  body.putText(digest);
                })) {
      BodyReader body = answer.body();
      return new Loaded(ValueCodec.signature(body), body.getLong(), body.getText());
    }
  }

  SharedWeights.Shared share(ModelSource source, Path directory) throws LinkLost {
    try (Answer answer =
        link()
            .ask(
                FrameKind.SHARE,
                0,
                body -> {
                  ValueCodec.put(body, source);
                  body.putText(directory.toString());
                })) {
      BodyReader body = answer.body();
      return new SharedWeights.Shared(ValueCodec.source(body), body.getText());
    }
  }

  /** Hands a forward in. */
  int send(float... values) throws LinkLost {
    try (NamedTensors inputs = NamedTensors.of(List.of("x"), List.of(tensor(values)))) {
      long bytes = BodyWriter.bytesFor(inputs);
      Region region = link().allocate(bytes);
      new BodyWriter(link().memory(region)).put(inputs);
      return link().send(FrameKind.RUN, MODEL, region, bytes);
    }
  }

  private static Tensor tensor(float... values) {
    return Tensor.of(values, 1, values.length);
  }

  float[] receive() throws LinkLost {
    try (Answer answer = link().await();
        NamedTensors outputs = answer.takeTensors()) {
      return outputs.get(outputs.size() - 1).toFloatArray();
    }
  }

  /** Runs a forward that kills the worker, and says how it died. */
  Death dieOf(float... values) {
    try {
      send(values);
      receive();
    } catch (LinkLost e) {
      // as it should
    }
    return get(process.death());
  }

  ParentLink link() {
    return process.link();
  }

  void end() throws LinkLost {
    link().ask(FrameKind.END, 0, body -> {}).close();
  }

  @Override
  public void close() {
    process.kill();
    get(process.death());
    link().close();
  }
}
