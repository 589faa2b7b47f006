package io.mpsparallel.testing;

import io.mpsparallel.backend.Event;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An event that tells the rules when the host saw it done. The inner one stays open until the
 * device is past it, so that the rules can ask.
 */
final class RulesEvent implements Event {
  final Event inner;
  private final MpsRules rules;
  private final boolean watched; // the event of a run
  private volatile @Nullable RulesLine line;
  private volatile long run;
  private boolean closed; // guarded by this
  private boolean forgotten; // guarded by this

  RulesEvent(MpsRules rules, Event inner) {
    this(rules, inner, null, 0);
  }

  RulesEvent(MpsRules rules, Event inner, @Nullable RulesLine line, long run) {
    this.rules = rules;
    this.inner = inner;
    this.line = line;
    this.run = run;
    this.watched = line != null;
  }

  void recordedOn(RulesLine on) {
    run = on.lastRun();
    line = on;
  }

  @Nullable RulesLine line() {
    return line;
  }

  long run() {
    return run;
  }

  @Override
  public boolean isDone() {
    checkOpen();
    boolean done = inner.isDone();
    if (done) {
      seen();
    }
    return done;
  }

  @Override
  public void await(Duration timeout) {
    checkOpen();
    rules.checkMayWait("an event");
    inner.await(timeout);
    if (line == null) {
      throw rules.violated(MpsRule.COMMITTED_BEFORE_WAIT, "an event that was never recorded");
    }
    seen();
  }

  private void seen() {
    RulesLine on = line;
    if (on != null) {
      on.seen(run);
    }
  }

  @Override
  public Duration elapsedSince(Event earlier) {
    checkOpen();
    return inner.elapsedSince(earlier instanceof RulesEvent other ? other.inner : earlier);
  }

  private synchronized void checkOpen() {
    if (closed) {
      throw Fakes.closed("the event");
    }
  }

  /** Whether the device is past it, well or not. */
  boolean isOver() {
    try {
      return inner.isDone();
    } catch (InferenceException e) {
      return true;
    }
  }

  /** The rules will not ask again. */
  synchronized void forget() {
    forgotten = true;
    if (closed) {
      inner.close();
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      if (!watched || forgotten || isOver()) {
        inner.close();
      }
    }
  }
}
