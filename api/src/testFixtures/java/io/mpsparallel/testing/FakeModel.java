package io.mpsparallel.testing;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A function on a fake device, with a count of the calls that run. */
final class FakeModel implements Model {
  private final FakeDevice device;
  private final ModelSource source;
  private final FakeFunction function;
  private final Signature signature;
  private final Map<Forward, Integer> runs = new ConcurrentHashMap<>();
  private int calls; // guarded by this
  private boolean closed; // guarded by this

  /** What a recording would be for. */
  private record Forward(Stream stream, List<String> names, List<TensorSpec> specs) {
    boolean isLike(Forward other) {
      return names.equals(other.names) && specs.equals(other.specs);
    }

    static Forward of(Stream stream, NamedTensors inputs) {
      return new Forward(
          stream, inputs.names(), inputs.tensors().stream().map(Tensor::spec).toList());
    }
  }

  FakeModel(FakeDevice device, ModelSource source, FakeModels.Entry entry) {
    this.device = device;
    this.source = source;
    this.function = entry.function();
    this.signature = completed(entry.signature(), source.declared());
    device.backend.counts().begin(FakeCounts.Kind.MODELS);
  }

  private static Signature completed(Signature own, Signature declared) {
    Signature both =
        new Signature(
            own.inputs().stream()
                .map(
                    input ->
                        declared.inputs().stream()
                            .filter(other -> other.name().equals(input.name()))
                            .findFirst()
                            .orElse(input))
                .toList(),
            declared.outputs().isEmpty() ? own.outputs() : declared.outputs());
    boolean independent = own.independentRows() || declared.independentRows();
    return independent ? both.withIndependentRows() : both;
  }

  @Override
  public ModelSource source() {
    return source;
  }

  @Override
  public Device device() {
    return device.id;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  /** As much as its file, if it has one. */
  @Override
  public long weightBytes() {
    try {
      return Files.exists(source.path()) ? Files.size(source.path()) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * As a device that records does: once such inputs came often enough on the stream, which is less
   * often where another stream has recorded them.
   */
  @Override
  public boolean isRecorded(Stream stream, NamedTensors inputs) {
    Capabilities facts = device.backend.capabilities(device.id);
    return facts.graphKey() == Capabilities.GraphKey.SHAPE_AND_SLOT
        && runs.getOrDefault(Forward.of(stream, inputs), 0) >= runsToRecord(inputs, facts);
  }

  private int runsToRecord(NamedTensors inputs, Capabilities facts) {
    Forward like = Forward.of(device.defaultStream, inputs);
    boolean before =
        runs.entrySet().stream()
            .anyMatch(ran -> ran.getKey().isLike(like) && ran.getValue() >= facts.warmUpRuns());
    return before ? facts.furtherWarmUpRuns() : facts.warmUpRuns();
  }

  void ran(Stream stream, NamedTensors inputs) {
    runs.merge(Forward.of(stream, inputs), 1, Integer::sum);
  }

  @Override
  public Slot newSlot(Stream stream) {
    checkOpen();
    if (!(stream instanceof FakeStream fake) || fake.device != device) {
      throw Fakes.misuse(stream.device() + " (expected: a stream of " + device.id + ")");
    }
    fake.checkOpen();
    InferenceException broken = device.backend.faults().ofDevice(device.id);
    if (broken != null) {
      throw broken;
    }
    return new FakeSlot(this, fake);
  }

  NamedTensors call(NamedTensors inputs) {
    NamedTensors outputs = function.apply(inputs);
    return signature.outputs().size() == outputs.size()
        ? NamedTensors.of(signature.outputs(), outputs.tensors())
        : outputs;
  }

  synchronized void checkOpen() {
    device.backend.checkOpen();
    if (closed) {
      throw Fakes.closed("the model");
    }
  }

  synchronized void beginCall() {
    checkOpen();
    calls++;
  }

  synchronized void endCall() {
    calls--;
    notifyAll();
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    long deadline =
        System.nanoTime() + Fakes.clampedNanos(device.backend.settings().closeTimeout());
    try {
      while (calls > 0) {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        if (left <= 0) {
          break;
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    device.backend.counts().end(FakeCounts.Kind.MODELS);
  }
}
