package io.mpsparallel.testing;

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
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Watches any backend, and throws a {@link RuleViolation} when a {@link MpsRule} is broken. It only
 * watches: it holds nobody back. Violations are remembered as well, so that one on a lane's thread
 * still fails the test in {@link #close} or {@link #assertNoViolations}. Any thread.
 *
 * <p>A backend that {@linkplain #reporting reports} says itself when it is inside its gate, what it
 * commits and when it waits. For {@linkplain #watching another}, every {@code run}, {@code record}
 * and {@code waitFor} counts as encoding from its call to its return, so that two lanes which call
 * at once break the first rule unless something outside the backend keeps them apart.
 *
 * <p>Rule 5 knows an output by its handle: one that was {@code share}d is out of its sight. A
 * backend that refuses a wrong call with a typed error has broken nothing.
 */
public final class MpsRulesBackend implements Backend {
  private final MpsRules rules;
  private final Backend inner;
  private final AtomicBoolean told = new AtomicBoolean();

  private MpsRulesBackend(MpsRules rules, Backend inner) {
    this.rules = rules;
    this.inner = requireNonNull(inner, "inner");
  }

  /**
   * Watches a backend from outside alone.
   *
   * @param inner the backend, which is closed with this one
   * @return the watched backend
   */
  public static MpsRulesBackend watching(Backend inner) {
    return new MpsRulesBackend(new MpsRules(false), inner);
  }

  /**
   * Watches a backend that tells what happens inside its gate.
   *
   * @param open opens the backend with the observer that it is to tell; it is closed with this one
   * @return the watched backend
   */
  public static MpsRulesBackend reporting(Function<EncodeObserver, ? extends Backend> open) {
    MpsRules rules = new MpsRules(true);
    return new MpsRulesBackend(rules, open.apply(rules));
  }

  /** {@return what was broken so far, in order} */
  public List<RuleViolation> violations() {
    return rules.violations();
  }

  /**
   * Fails if a rule was broken on any thread.
   *
   * @throws RuleViolation the first, with the others suppressed in it
   */
  public void assertNoViolations() {
    List<RuleViolation> broken = rules.violations();
    if (broken.isEmpty()) {
      return;
    }
    RuleViolation first = broken.get(0);
    if (told.compareAndSet(false, true)) {
      broken.stream().skip(1).filter(other -> other != first).forEach(first::addSuppressed);
    }
    throw first;
  }

  @Override
  public String id() {
    return inner.id();
  }

  @Override
  public List<Device> devices() {
    return inner.devices();
  }

  @Override
  public Capabilities capabilities(Device device) {
    Capabilities facts = inner.capabilities(device);
    return new Capabilities(
        1,
        facts.streamCapacity(),
        2,
        true,
        false,
        facts.weightsShareable(),
        facts.graphKey(),
        facts.dtypes(),
        facts.memoryBytes());
  }

  @Override
  public OptionalLong freeMemoryBytes(Device device, long wanted) {
    return inner.freeMemoryBytes(device, wanted);
  }

  @Override
  public Model load(ModelSource source, Device device) {
    Model model = inner.load(source, device);
    rules.checkOpen("load");
    return new RulesModel(model);
  }

  @Override
  public ModelSource share(ModelSource source, Path directory) {
    return inner.share(source, directory);
  }

  @Override
  public void useThreads(ThreadSettings threads) {
    inner.useThreads(threads);
  }

  @Override
  public Stream acquireStream(Device device) {
    rules.checkMayWait("a stream");
    RulesStream stream = new RulesStream(rules, inner.acquireStream(device));
    List<RulesEvent> left = stream.line.underWay();
    if (!left.isEmpty()) {
      stream.close();
      throw rules.violated(
          MpsRule.ONE_USER, stream + " was recycled with " + left.size() + " runs under way");
    }
    return stream;
  }

  @Override
  public Stream defaultStream(Device device) {
    return new RulesStream(rules, inner.defaultStream(device));
  }

  @Override
  public Event newEvent(Device device, boolean timed) {
    return new RulesEvent(rules, inner.newEvent(device, timed));
  }

  @Override
  public void synchronize(Device device) {
    rules.checkMayWait(device.toString());
    List<RulesLine> lines = rules.lines(device);
    List<RulesEvent> before =
        lines.stream().flatMap(line -> line.underWay().stream()).collect(Collectors.toList());
    inner.synchronize(device);
    for (RulesEvent event : before) {
      if (!event.isOver()) {
        throw rules.violated(MpsRule.SYNCHRONIZE_ALL, device + ": a stream was left out");
      }
      requireNonNull(event.line()).seen(event.run());
    }
  }

  @Override
  public BackendReport report() {
    return inner.report();
  }

  /**
   * Closes the backend.
   *
   * @throws RuleViolation if a rule was broken on any thread
   */
  @Override
  public void close() {
    inner.close();
    rules.close();
    devices().forEach(device -> rules.lines(device).forEach(RulesLine::forgetAll));
    assertNoViolations();
  }

  private final class RulesModel implements Model {
    private final Model model;

    RulesModel(Model model) {
      this.model = model;
    }

    @Override
    public ModelSource source() {
      return model.source();
    }

    @Override
    public Device device() {
      return model.device();
    }

    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public long weightBytes() {
      return model.weightBytes();
    }

    @Override
    public Slot newSlot(Stream stream) {
      if (!(stream instanceof RulesStream ours)) {
        throw Fakes.misuse("a stream of another backend");
      }
      return new RulesSlot(rules, model.newSlot(ours.inner), ours.line);
    }

    @Override
    public void close() {
      rules.checkMayWait("running calls");
      model.close();
    }
  }
}
