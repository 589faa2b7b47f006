package io.mpsparallel.threads;

import io.mpsparallel.backend.Model;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Lanes without threads, for callers who find the queue full and run their request themselves
 * ({@code queue.when-full = caller-runs}). Made when first needed; at most a few, because each adds
 * a forward to those that the lanes run. Any thread.
 */
final class Guests {
  private final int most;
  private final IntFunction<Lane> maker;
  private final IdleLanes idle = new IdleLanes();
  private final AtomicReferenceArray<@Nullable Lane> lanes =
      new AtomicReferenceArray<>(IdleLanes.MOST);
  private int made; // guarded by this
  private boolean closed; // guarded by this

  Guests(int most, IntFunction<Lane> maker) {
    this.most = Math.min(most, IdleLanes.MOST);
    this.maker = maker;
  }

  /** A lane in the hands of one caller. */
  record Stay(int index, Lane lane) {}

  /** Takes a lane, which the caller {@linkplain #giveBack gives back}; null if none can be had. */
  @Nullable Stay claim() {
    Lane lane;
    int index;
    do { // one that is lost is never given back
      index = idle.claimAny();
      lane = index == IdleLanes.NONE ? null : lanes.get(index);
    } while (lane != null && lane.isLost());
    return lane == null ? make() : new Stay(index, lane);
  }

  /** Takes the lane of a number, as {@link #claim()}; null if somebody is on it. */
  @Nullable Stay claim(int index) {
    if (index == IdleLanes.NONE) {
      return null;
    }
    Lane lane = idle.claim(index) ? lanes.get(index) : null;
    return lane == null ? makeMissing(index) : new Stay(index, lane);
  }

  private synchronized @Nullable Stay make() {
    return made == most ? null : makeMissing(made);
  }

  private synchronized @Nullable Stay makeMissing(int index) {
    if (index >= most || closed || lanes.get(index) != null) {
      return null;
    }
    try {
      Stay stay = new Stay(index, maker.apply(index));
      lanes.set(index, stay.lane());
      made++;
      return stay;
    } catch (InferenceException e) {
      if (e.code() == ErrorCode.STREAMS_EXHAUSTED) {
        return null; // the caller waits for room like everybody else
      }
      throw e;
    }
  }

  /** Gives a lane back. */
  void giveBack(Stay stay) {
    do {
      stay.lane().doChores();
      idle.add(stay.index());
    } while (stay.lane().hasChores() && idle.claim(stay.index()));
  }

  /** Closes the slots of a model; on a lane in use, when that is given back. */
  void forget(Model model) {
    for (int index = 0; index < most; index++) {
      Lane lane = lanes.get(index);
      if (lane != null && lane.device().equals(model.device())) {
        lane.forgetLater(model);
        if (idle.claim(index)) {
          giveBack(new Stay(index, lane));
        }
      }
    }
  }

  /** Closes the lanes that nobody is on; the others with their backend. */
  synchronized void close() {
    closed = true;
    for (int index = 0; index < most; index++) {
      Lane lane = lanes.get(index);
      if (lane != null && idle.claim(index)) {
        lane.close();
      }
    }
  }
}
