package io.mpsparallel.testing;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A stream whose use is watched. */
final class RulesStream implements Stream {
  final Stream inner;
  final RulesLine line;
  private final MpsRules rules;

  RulesStream(MpsRules rules, Stream inner) {
    this.rules = rules;
    this.inner = inner;
    this.line = rules.line(inner.device(), inner.index());
  }

  @Override
  public Device device() {
    return inner.device();
  }

  @Override
  public int index() {
    return inner.index();
  }

  @Override
  public Scope enter() {
    Scope scope = inner.enter();
    Thread other = line.entered();
    if (other != null) {
      throw rules.violated(
          MpsRule.ONE_USER, "stream " + index() + " is also used by " + other.getName());
    }
    boolean[] left = new boolean[1];
    return () -> {
      scope.close();
      if (!left[0]) {
        left[0] = true;
        line.left();
      }
    };
  }

  @Override
  public Event run(List<? extends Slot> slots) {
    List<Slot> unwrapped = new ArrayList<>(slots.size());
    for (Slot slot : slots) {
      if (!(slot instanceof RulesSlot ours)) {
        throw Fakes.misuse("a slot of another backend");
      }
      ours.inputs().ifPresent(inputs -> rules.checkReadable(inputs, line));
      unwrapped.add(ours.inner);
    }
    Event done = encode("run", () -> inner.run(unwrapped));
    RulesEvent event = new RulesEvent(rules, done, line, line.nextRun());
    slots.forEach(slot -> ((RulesSlot) slot).ran(event.run()));
    line.started(event);
    return event;
  }

  @Override
  public void record(Event event) {
    RulesEvent ours = ours(event);
    encode(
        "record",
        () -> {
          inner.record(ours.inner);
          return ours;
        });
    ours.recordedOn(line);
  }

  @Override
  public void waitFor(Event event) {
    RulesEvent ours = ours(event);
    encode(
        "waitFor",
        () -> {
          inner.waitFor(ours.inner);
          return ours;
        });
    RulesLine other = ours.line();
    if (other != null) {
      line.waitsFor(other, ours.run());
    }
  }

  private <T> T encode(String what, Supplier<T> call) {
    T result;
    try {
      rules.begins(device(), index());
      result = call.get();
    } finally {
      rules.ends(device(), index());
    }
    rules.checkOpen(what);
    checkUser(what);
    return result;
  }

  /** After the call: a backend that refuses the wrong thread itself has broken no rule. */
  private void checkUser(String what) {
    if (!line.isUsedByMe()) {
      throw rules.violated(
          MpsRule.ONE_USER, what + " on stream " + index() + " by a thread that is not inside");
    }
  }

  private static RulesEvent ours(Event event) {
    if (event instanceof RulesEvent ours) {
      return ours;
    }
    throw Fakes.misuse("an event of another backend");
  }

  @Override
  public void synchronize() {
    rules.checkMayWait("stream " + index());
    long last = line.lastRun();
    inner.synchronize();
    checkUser("synchronize");
    line.seen(last);
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public String toString() {
    return inner.toString();
  }
}
