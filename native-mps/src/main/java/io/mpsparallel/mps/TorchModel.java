package io.mpsparallel.mps;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A TorchScript model on one device, in its plain and, once that pays, its prepared form. */
final class TorchModel implements Model {
  private static final Logger LOG = LoggerFactory.getLogger(TorchModel.class);
  private static final String PREPARED = "frozen";

  private final ModelSource source;
  private final TorchDevice device;
  private final ScriptModule script;
  private final Signature signature;
  private final InputAdapter adapter;
  private final long weightBytes;
  private final GraphCache<String, Prepared> prepared;
  private final AtomicInteger runs = new AtomicInteger();
  private final NativeHandle handle;
  private final RecordedBefore recordedBefore = new RecordedBefore();
  private final Set<LaneGraphs> recordings = // that hold some of it; streams come and go
      Collections.newSetFromMap(new WeakHashMap<>()); // guarded by itself
  private volatile @Nullable JitModule ready;
  private volatile @Nullable String whyEager; // null: its forwards can be recorded

  /** A prepared form of the module. */
  private record Prepared(JitModule module) implements AutoCloseable {
    @Override
    public void close() {
      module.deallocate();
    }
  }

  /** Takes a module over that lies in host memory, and moves it to the device. */
  TorchModel(ModelSource source, TorchDevice device, ScriptModule script, PathSettings path) {
    this.source = source;
    this.device = device;
    this.script = script;
    signature = merge(source, script.parameters());
    adapter = new InputAdapter(script.parameters());
    prepared = new GraphCache<>(path.cacheEntries());
    weightBytes = script.weightBytes();
    handle = new NativeHandle(toString(), device.closeTimeout(), this::free);
    if (!device.driver().isHost()) {
      moveToDevice();
    }
  }

  private void moveToDevice() {
    device.gate().enter(0);
    try {
      script.moveTo(device.driver().torchDevice());
    } catch (RuntimeException e) {
      throw NativeErrors.device(e, this.toString());
    } finally {
      device.gate().exit(0);
    }
  }

  /** What the file says, in its order, with what was declared about each input. */
  private static Signature merge(ModelSource source, List<ScriptParameter> parameters) {
    Signature declared = source.declared();
    List<InputSpec> inputs = new ArrayList<>();
    for (ScriptParameter parameter : parameters) {
      InputSpec known =
          declared.inputs().stream()
              .filter(spec -> spec.name().equals(parameter.name()))
              .findFirst()
              .orElseGet(() -> InputSpec.named(parameter.name()));
      inputs.add(parameter.isRequired() ? known : known.optional());
    }
    for (InputSpec spec : declared.inputs()) {
      if (parameters.stream().noneMatch(p -> p.name().equals(spec.name()))) {
        throw new InferenceException(
            ErrorCode.CONFIG_INVALID,
            source
                + ": declared input '"
                + spec.name()
                + "' (the model has: "
                + parameters.stream().map(ScriptParameter::name).toList()
                + ")");
      }
    }
    Signature merged = new Signature(inputs, declared.outputs());
    return declared.independentRows() ? merged.withIndependentRows() : merged;
  }

  /**
   * Runs the model over values that lie on its device; inside a use of this model.
   *
   * @param names the names of the inputs
   * @param bytes the size of all inputs
   * @param values the inputs as values, in the same order
   * @return flat outputs that the caller frees
   */
  List<OutputReader.Output> forward(List<String> names, long bytes, IValueVector values) {
    IValueVector arguments = adapter.arguments(names, values);
    try {
      return forward(bytes, arguments);
    } finally {
      if (!adapter.isPlain(names)) {
        arguments.deallocate();
      }
    }
  }

  private List<OutputReader.Output> forward(long inputBytes, IValueVector arguments) {
    int seen = runs.get() > 1000 ? 1000 : runs.incrementAndGet();
    if (!device.path().graph(inputBytes, device.streams().inUse(), seen)) {
      return forward(script.module(), arguments);
    }
    JitModule known = ready;
    return known != null ? forward(known, arguments) : forward(prepared(), arguments);
  }

  /** Built once by whoever comes first; where it cannot be, the plain module for good. */
  private JitModule prepared() {
    try (GraphCache.Use<Prepared> use = prepared.use(PREPARED, key -> prepare())) {
      JitModule module = use.value().map(Prepared::module).orElse(script.module());
      ready = module; // the cache keeps it until this model is freed
      return module;
    }
  }

  private static List<OutputReader.Output> forward(JitModule module, IValueVector arguments) {
    return OutputReader.take(module.forward(arguments));
  }

  /** Folding computes weights, on one stream; the next forward may be on another. */
  private Prepared prepare() {
    try {
      JitModule module = script.prepare(device.driver().isHost());
      if (ScriptModule.keepsState(module)) {
        whyEager = "it changes its own attributes";
      }
      device.driver().publish();
      return new Prepared(module);
    } catch (RuntimeException e) {
      LOG.warn("{} runs eager: it cannot be prepared: {}", this, NativeErrors.trimmed(e));
      throw e;
    }
  }

  @Override
  public boolean isRecorded(Stream stream, NamedTensors inputs) {
    LaneGraphs graphs = stream instanceof TorchStream own ? own.graphs() : null;
    return graphs != null && graphs.has(ForwardKey.of(this, inputs));
  }

  /** Whether forwards with inputs of these names can be recorded, as far as is known. */
  boolean isRecordable(List<String> names) {
    return whyEager == null && names.stream().noneMatch(this::isNumber); // whose value would stay
  }

  /** A forward was recorded on a stream. */
  void recorded(ForwardKey key, LaneGraphs into) {
    synchronized (recordings) {
      recordings.add(into);
    }
    recordedBefore.add(key);
  }

  /** Which forwards of this model were recorded. */
  RecordedBefore recordedBefore() {
    return recordedBefore;
  }

  /** A forward could not be recorded: none is tried again, unless there was no memory. */
  void notRecordable(RecordingFailed failure) {
    String why = String.valueOf(failure.getMessage());
    if (NativeErrors.code(why, ErrorCode.MODEL_FAILED) == ErrorCode.OUT_OF_MEMORY) {
      LOG.warn("{}: no memory to record a forward: {}", this, why);
    } else if (whyEager == null) {
      LOG.info("{} runs operation by operation: it cannot be recorded: {}", this, why);
      whyEager = why;
    }
  }

  @Override
  public Optional<String> whyEager() {
    return Optional.ofNullable(whyEager);
  }

  /** The size of all of some tensors. */
  static long bytes(NamedTensors tensors) {
    long bytes = 0;
    for (int i = 0; i < tensors.size(); i++) {
      Tensor tensor = tensors.get(i);
      bytes += tensor.spec().byteLength();
    }
    return bytes;
  }

  @Override
  public ModelSource source() {
    return source;
  }

  @Override
  public Device device() {
    return device.device();
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public long weightBytes() {
    return weightBytes;
  }

  @Override
  public Slot newSlot(Stream stream) {
    checkOpen();
    if (!(stream instanceof TorchStream own) || own.torchDevice() != device) {
      throw new InferenceException(
          ErrorCode.MISUSE, this + ": slot for " + stream + " (expected: a stream of its device)");
    }
    own.checkOpen();
    return device.driver().isHost() ? new HostSlot(this, own) : new DeviceSlot(this, own);
  }

  void checkOpen() {
    if (handle.isClosed()) {
      throw new InferenceException(ErrorCode.CLOSED, this + " was closed");
    }
    device.checkOpen();
  }

  /** Whether a forward leaves the objects that it was given as they were. */
  boolean keepsInputs() {
    return script.keepsInputs();
  }

  /** Whether an input becomes a number of the host's. */
  boolean isNumber(String input) {
    return adapter.isNumber(input);
  }

  void acquire() {
    handle.acquire();
  }

  void release() {
    handle.release();
  }

  @Override
  public void close() {
    handle.close();
  }

  /** Derived forms first: they may read memory of the original. */
  private void free() {
    List<LaneGraphs> lanes;
    synchronized (recordings) {
      lanes = new ArrayList<>(recordings);
    }
    lanes.forEach(lane -> lane.forget(this));
    prepared.close();
    adapter.close();
    script.close();
  }

  @Override
  public String toString() {
    return "model " + source.path().getFileName() + " on " + device.device();
  }
}
