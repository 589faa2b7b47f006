package io.mpsparallel.testing;

import io.mpsparallel.backend.Device;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What {@link MpsRulesBackend} knows about who does what, and its verdicts. Any thread. */
final class MpsRules implements EncodeObserver {
  private static final int WIDTH = 1;

  private record Line(Device device, int stream) {}

  private record Origin(RulesLine line, long run) {}

  private final boolean reported;
  private final List<RuleViolation> violations = new CopyOnWriteArrayList<>();
  private final AtomicInteger encoding = new AtomicInteger();
  private final ThreadLocal<Integer> depth = ThreadLocal.withInitial(() -> 0);
  private final Map<Line, Long> committed = new ConcurrentHashMap<>();
  private final Map<Line, RulesLine> lines = new ConcurrentHashMap<>();
  private final Map<Tensor, Origin> origins = Collections.synchronizedMap(new WeakHashMap<>());
  private volatile boolean closed;

  MpsRules(boolean reported) {
    this.reported = reported;
  }

  RulesLine line(Device device, int stream) {
    return lines.computeIfAbsent(new Line(device, stream), key -> new RulesLine(key.stream()));
  }

  List<RulesLine> lines(Device device) {
    return lines.entrySet().stream()
        .filter(entry -> entry.getKey().device().equals(device))
        .map(Map.Entry::getValue)
        .toList();
  }

  List<RuleViolation> violations() {
    return List.copyOf(violations);
  }

  RuleViolation violated(MpsRule rule, String how) {
    RuleViolation violation = new RuleViolation(rule, how);
    violations.add(violation);
    return violation;
  }

  // ---- told by the backend ----

  @Override
  public void encodeBegins(Device device, int stream) {
    int threads = encoding.incrementAndGet();
    depth.set(depth.get() + 1);
    if (closed) {
      throw violated(MpsRule.NOTHING_AFTER_CLOSE, "stream " + stream + " encodes");
    }
    if (threads > WIDTH && depth.get() == 1) {
      throw violated(MpsRule.ONE_ENCODES, threads + " threads encode (expected: " + WIDTH + ")");
    }
  }

  @Override
  public void encodeEnds(Device device, int stream) {
    encoding.decrementAndGet();
    depth.set(depth.get() - 1);
  }

  @Override
  public void committed(Device device, int stream, long ticket) {
    committed.merge(new Line(device, stream), ticket, Math::max);
  }

  @Override
  public void waits(Device device, int stream, long ticket) {
    checkMayWait("stream " + stream);
    if (committed.getOrDefault(new Line(device, stream), 0L) < ticket) {
      throw violated(MpsRule.COMMITTED_BEFORE_WAIT, "work " + ticket + " of stream " + stream);
    }
  }

  // ---- seen from outside ----

  /** Around a call that encodes, unless the backend itself reports it. */
  void begins(Device device, int stream) {
    if (!reported) {
      encodeBegins(device, stream);
    }
  }

  void ends(Device device, int stream) {
    if (!reported) {
      encodeEnds(device, stream);
    }
  }

  void checkMayWait(String forWhat) {
    if (depth.get() > 0) {
      throw violated(MpsRule.NO_WAIT_IN_GATE, "waits for " + forWhat + " while it encodes");
    }
  }

  /** After a call that encodes went through. */
  void checkOpen(String what) {
    if (closed) {
      throw violated(MpsRule.NOTHING_AFTER_CLOSE, what + " was accepted");
    }
  }

  void close() {
    closed = true;
  }

  void produced(NamedTensors outputs, RulesLine line, long run) {
    outputs.tensors().forEach(tensor -> origins.put(tensor, new Origin(line, run)));
  }

  /** Before a run on a stream reads inputs. */
  void checkReadable(NamedTensors inputs, RulesLine reader) {
    for (Tensor tensor : inputs.tensors()) {
      @Nullable Origin origin = origins.get(tensor);
      if (origin != null && !reader.mayRead(origin.line(), origin.run())) {
        throw violated(
            MpsRule.EVENT_BEFORE_READ,
            tensor + " of stream " + origin.line().index + " is read on " + reader.index);
      }
    }
  }
}
