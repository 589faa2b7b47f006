package io.mpsparallel.bench;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An engine whose forwards take no time: every model answers with its inputs, and nothing is
 * checked. What is left of a request is what a strategy makes of it.
 */
final class InstantEngine implements Backend {
  private static final Device DEVICE = Device.CPU;
  private static final Capabilities FACTS =
      new Capabilities(
          Capabilities.UNLIMITED,
          Capabilities.UNLIMITED,
          1,
          false,
          true,
          false,
          Capabilities.GraphKey.MODEL,
          Set.of(DType.FLOAT32),
          0);

  @Override
  public String id() {
    return "instant";
  }

  @Override
  public List<Device> devices() {
    return List.of(DEVICE);
  }

  @Override
  public Capabilities capabilities(Device device) {
    return FACTS;
  }

  @Override
  public Model load(ModelSource source, Device device) {
    return new Echo(source);
  }

  @Override
  public ModelSource share(ModelSource source, Path directory) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void useThreads(ThreadSettings threads) {}

  @Override
  public Stream acquireStream(Device device) {
    return new Line(1);
  }

  @Override
  public Stream defaultStream(Device device) {
    return new Line(0);
  }

  @Override
  public Event newEvent(Device device, boolean timed) {
    return new Passed();
  }

  @Override
  public void synchronize(Device device) {}

  @Override
  public BackendReport report() {
    return new BackendReport(Map.of(), List.of(), List.of());
  }

  @Override
  public void close() {}

  /** Answers with its inputs. */
  private record Echo(ModelSource source) implements Model {
    @Override
    public Device device() {
      return DEVICE;
    }

    @Override
    public Signature signature() {
      return Signature.UNKNOWN;
    }

    @Override
    public long weightBytes() {
      return 0;
    }

    @Override
    public Slot newSlot(Stream stream) {
      return new Place();
    }

    @Override
    public void close() {}
  }

  /** Does nothing, in order. */
  private record Line(int index) implements Stream {
    @Override
    public Device device() {
      return DEVICE;
    }

    @Override
    public Scope enter() {
      return () -> {};
    }

    @Override
    public Event run(List<? extends Slot> slots) {
      return new Passed();
    }

    @Override
    public void record(Event event) {}

    @Override
    public void waitFor(Event event) {}

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
  }

  /** The present moment. */
  private record Passed() implements Event {
    @Override
    public boolean isDone() {
      return true;
    }

    @Override
    public void await(Duration timeout) {}

    @Override
    public Duration elapsedSince(Event earlier) {
      return Duration.ZERO;
    }

    @Override
    public void close() {}
  }

  /** Gives out what was put in. */
  private static final class Place implements Slot {
    private @Nullable NamedTensors outputs;

    @Override
    public void bind(NamedTensors inputs) {
      outputs = inputs.share();
    }

    @Override
    public NamedTensors stage(List<String> names, List<TensorSpec> specs) {
      NamedTensors memory = NamedTensors.of(names, specs.stream().map(Tensor::allocate).toList());
      outputs = memory;
      return memory;
    }

    @Override
    public NamedTensors takeOutputs() {
      NamedTensors taken = requireNonNull(outputs, "outputs");
      outputs = null;
      return taken;
    }

    @Override
    public void close() {
      if (outputs != null) {
        outputs.close();
        outputs = null;
      }
    }
  }
}
