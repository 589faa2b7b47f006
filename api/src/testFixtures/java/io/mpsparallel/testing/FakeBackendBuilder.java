package io.mpsparallel.testing;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.DType;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts a {@link FakeBackend} together. One thread. */
public final class FakeBackendBuilder {
  final Map<String, FakeModels.Entry> models = FakeModels.builtIn();
  final Set<FakeMisbehaviour> misbehaviours = EnumSet.noneOf(FakeMisbehaviour.class);
  BackendSettings settings = BackendSettings.DEFAULTS;
  List<Device> devices = List.of(Device.CPU);
  EncodeObserver observer = EncodeObserver.NONE;
  Runnable onEncode = () -> {};
  private boolean asynchronous;
  private @Nullable Capabilities capabilities;

  FakeBackendBuilder() {}

  /**
   * Makes the device asynchronous, like a GPU: {@code cuda:0}, depth 8.
   *
   * @return this builder
   */
  public FakeBackendBuilder asynchronous() {
    asynchronous = true;
    devices = List.of(Device.cuda(0));
    return this;
  }

  /**
   * Makes the device like an Apple GPU: asynchronous, one thread encodes at once, no callers'
   * threads, depth 2.
   *
   * @return this builder
   */
  public FakeBackendBuilder apple() {
    asynchronous = true;
    devices = List.of(Device.MPS);
    return this;
  }

  /**
   * Sets the devices.
   *
   * @param changed the devices, all with the same facts
   * @return this builder
   */
  public FakeBackendBuilder devices(Device... changed) {
    devices = List.of(changed);
    return this;
  }

  /**
   * Sets the facts of the devices; without this they follow from the kind of device.
   *
   * @param changed the facts
   * @return this builder
   */
  public FakeBackendBuilder capabilities(Capabilities changed) {
    capabilities = requireNonNull(changed, "changed");
    return this;
  }

  /**
   * Sets how it is opened; streams and timeouts count.
   *
   * @param changed the settings
   * @return this builder
   */
  public FakeBackendBuilder settings(BackendSettings changed) {
    settings = requireNonNull(changed, "changed");
    return this;
  }

  /**
   * Adds a model with one input, {@code x}.
   *
   * @param name its name
   * @param function what it computes
   * @return this builder
   */
  public FakeBackendBuilder model(String name, FakeFunction function) {
    models.put(name, FakeModels.of(function));
    return this;
  }

  /**
   * Adds a model.
   *
   * @param name its name
   * @param signature its inputs and outputs
   * @param function what it computes
   * @return this builder
   */
  public FakeBackendBuilder model(String name, Signature signature, FakeFunction function) {
    models.put(name, new FakeModels.Entry(signature, function));
    return this;
  }

  /**
   * Sets who hears what happens inside the gate.
   *
   * @param changed the observer
   * @return this builder
   */
  public FakeBackendBuilder observer(EncodeObserver changed) {
    observer = requireNonNull(changed, "changed");
    return this;
  }

  /**
   * Sets something to do inside the gate, at each encoding.
   *
   * @param changed what to do
   * @return this builder
   */
  public FakeBackendBuilder onEncode(Runnable changed) {
    onEncode = requireNonNull(changed, "changed");
    return this;
  }

  /**
   * Makes it break a rule.
   *
   * @param misbehaviour which
   * @return this builder
   */
  public FakeBackendBuilder misbehaving(FakeMisbehaviour misbehaviour) {
    misbehaviours.add(misbehaviour);
    return this;
  }

  Capabilities capabilities() {
    if (capabilities != null) {
      return capabilities;
    }
    boolean apple = devices.contains(Device.MPS);
    return new Capabilities(
        apple ? 1 : Capabilities.UNLIMITED,
        settings.streams().capacityOr(31),
        apple ? 2 : asynchronous ? 8 : 1,
        asynchronous,
        !apple,
        !asynchronous,
        apple ? GraphKey.SHAPE : asynchronous ? GraphKey.SHAPE_AND_SLOT : GraphKey.MODEL,
        EnumSet.allOf(DType.class),
        asynchronous ? 8L << 30 : 0);
  }

  /** {@return the opened backend, which the caller closes} */
  public FakeBackend build() {
    return new FakeBackend(this);
  }
}
