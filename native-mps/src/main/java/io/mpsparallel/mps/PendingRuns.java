package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of one stream whose forwards are encoded, and whose copies to the host and events are
 * not: the commit policy decides how long. Whoever looks at one of their events commits them all.
 * Any thread; under its own monitor, from which the gate may be entered.
 */
final class PendingRuns {
  private static final Logger LOG = LoggerFactory.getLogger(PendingRuns.class);

  private final TorchDevice device;
  private final NativeStream stream;
  private final List<Run> runs = new ArrayList<>(); // guarded by this

  /** A run whose copies and event were not encoded yet, or could not be. */
  static final class Run {
    private final List<TorchSlot> slots;
    private final PooledEvent<NativeEvent> event;
    private boolean recorded;
    private volatile @Nullable InferenceException failure;

    Run(List<TorchSlot> slots, PooledEvent<NativeEvent> event) {
      this.slots = slots;
      this.event = event;
    }

    PooledEvent<NativeEvent> event() {
      return event;
    }

    private void fail(InferenceException why) {
      failure = why;
      slots.forEach(slot -> slot.failRun(why));
    }
  }

  PendingRuns(TorchDevice device, NativeStream stream) {
    this.device = device;
    this.stream = stream;
  }

  /** Adds a run, and commits if the policy says so. */
  synchronized void add(Run run) {
    runs.add(run);
    if (!device.driver().coalesces()
        || device.commit().commitNow(runs.size(), device.streams().inUse())) {
      flush();
    }
  }

  /** What the first look at a run's event does. */
  void commit(Run run) {
    flush();
    InferenceException failure = run.failure;
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Encodes copies and events of every run that waits, in order; returns when they are committed.
   */
  synchronized void flush() {
    if (runs.isEmpty()) {
      return;
    }
    List<Run> all = List.copyOf(runs);
    runs.clear();
    try {
      device.gated(stream.index(), () -> all.forEach(this::finish));
    } catch (RuntimeException e) {
      String where = "stream " + stream.index() + " of " + device.device();
      InferenceException failure = device.noteFailure(NativeErrors.device(e, where));
      all.stream().filter(run -> !run.recorded).forEach(run -> run.fail(failure));
      throw failure;
    }
  }

  /** For those who have no run to fail: each run that could not be finished says so itself. */
  void flushQuietly() {
    try {
      flush();
    } catch (InferenceException e) {
      LOG.debug("stream {} of {}: what was put off failed", stream.index(), device.device(), e);
    }
  }

  /** Encodes the copies and the event of one run; a copy that fails is the matter of its slot. */
  private void finish(Run run) {
    for (TorchSlot slot : run.slots) {
      try {
        slot.encodeCopies();
      } catch (RuntimeException e) {
        InferenceException failure =
            device.noteFailure(NativeErrors.device(e, slot.model.toString()));
        slot.fail(failure);
        if (failure.code() == ErrorCode.DEVICE_FAILED) {
          throw failure;
        }
      }
    }
    recordIfOpen(run.event); // one that is closed nobody can wait for any more
    run.recorded = true;
  }

  /** Records on an event, which is not given back meanwhile; inside the gate. */
  void recordIfOpen(PooledEvent<NativeEvent> event) {
    if (!event.beginUse()) {
      return;
    }
    try {
      device.driver().record(event.nativeEvent(), stream);
    } finally {
      event.endUse();
    }
  }
}
