package io.mpsparallel.batching;

import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.strategy.BatchStats.Reason;
import io.mpsparallel.work.WorkItem;

/**
 * Decides, when a lane asks, which requests leave together, or until when they wait for more. Pure
 * functions of the queue, the moment and the bounds.
 *
 * <p>What waits leaves as soon as a lane is free. Only if {@code max-delay} allows it, requests
 * wait for the next one, and only while that makes answers quicker on average: with k requests, a
 * fixed cost a, the cost b of their rows and a mean gap g between arrivals, waiting costs each of
 * the k a gap and the next one's rows, and saves the next one a forward of its own: it pays while
 * {@code a > (k + 1) g + b}. It also ends when no request came for so long that g must have grown
 * beyond that.
 *
 * <p>Where lanes run at the same time, as on CPUs, and several have nothing to do, each gets its
 * part of the rows, provided that the rows of such a part cost more than a further forward: one
 * large batch would leave the other lanes idle. Not where lanes share one device.
 *
 * @param mostRows the most rows of a batch
 * @param mostBytes the most bytes of a batch
 * @param mostApart the most requests that run one after another, if they cannot be stacked
 * @param spreading whether lanes run at the same time, so that rows are spread over idle ones
 * @param delayNanos the longest that a request waits while a lane is free
 */
record BatchFormer(
    int mostRows, long mostBytes, int mostApart, boolean spreading, long delayNanos) {
  /**
   * The former that some settings ask for.
   *
   * @param sizes the allowed sizes
   * @param mostApart the most requests that run one after another, if they cannot be stacked
   * @param spreading whether lanes run at the same time
   */
  static BatchFormer of(BatchingSettings settings, Sizes sizes, int mostApart, boolean spreading) {
    int most = sizes.mostRows(settings.maxRows());
    long delayNanos = settings.maxDelay().toNanos();
    return new BatchFormer(most, settings.maxBytes(), mostApart, spreading, delayNanos);
  }

  /** Requests that can share a forward, or at least a trip to the device. */
  interface View {
    /** {@return those that wait, in the order in which they leave} */
    Iterable<? extends Candidate> inOrder();

    /** {@return whether they can be stacked to one forward} */
    boolean isStacked();

    /** {@return what their forwards cost} */
    CostModel cost();

    /** {@return how often they arrive} */
    Arrivals arrivals();
  }

  /**
   * The moment at which a lane asks.
   *
   * @param nowNanos when
   * @param idleLanes how many lanes would have nothing to do, the one that asks among them
   * @param rowsInFlight the rows of the batches that run
   * @param patient whether requests may wait for others; not while the strategy ends
   */
  record Moment(long nowNanos, int idleLanes, int rowsInFlight, boolean patient) {
    boolean idle() {
      return idleLanes > 0;
    }
  }

  /** The requests that would leave. */
  private record Fill(int requests, int rows, boolean full, long oldest, long deadline) {}

  /** Decides. The groups come with the most urgent one first. */
  <G extends View> Decision<G> decide(Iterable<G> groups, Moment moment) {
    long until = Decision.UNTIL_CHANGE;
    for (G group : groups) {
      Decision<G> decision = decide(group, fill(group), moment);
      if (decision.group() != null) {
        return decision;
      }
      until = Math.min(until, decision.untilNanos());
    }
    return Decision.rest(until);
  }

  private Fill fill(View group) {
    int requests = 0;
    int rows = 0;
    long bytes = 0;
    long oldest = Long.MAX_VALUE;
    long deadline = WorkItem.NO_DEADLINE;
    for (Candidate next : group.inOrder()) {
      if (requests > 0 && !fits(group, requests, rows + next.rows(), bytes + next.bytes())) {
        return new Fill(requests, rows, true, oldest, deadline);
      }
      requests++;
      rows += next.rows();
      bytes += next.bytes();
      oldest = Math.min(oldest, next.arrivalNanos());
      deadline = Math.min(deadline, next.deadlineNanos());
    }
    boolean full = !fits(group, requests, rows + 1, bytes + 1);
    return new Fill(requests, rows, full, oldest, deadline);
  }

  /** Whether one more request fits, which makes it so many rows and bytes. */
  private boolean fits(View group, int requests, long rows, long bytes) {
    return group.isStacked() ? rows <= mostRows && bytes <= mostBytes : requests < mostApart;
  }

  private <G extends View> Decision<G> decide(G group, Fill fill, Moment moment) {
    if (fill.full()) {
      return Decision.leave(group, fill.requests(), Reason.FULL);
    }
    if (!moment.idle() && fill.rows() < moment.rowsInFlight()) {
      return Decision.rest(Decision.UNTIL_CHANGE); // the device has work: better a larger batch
    }
    if (delayNanos == 0 || !moment.idle() || !moment.patient() || !group.cost().isKnown()) {
      return Decision.leave(group, part(group, fill, moment.idleLanes()), Reason.LANE_FREE);
    }
    return leaveOrWait(group, fill, moment);
  }

  /** How many requests leave for one of the idle lanes, if each gets its part. */
  private int part(View group, Fill fill, int idleLanes) {
    int parts = Math.min(idleLanes, fill.requests());
    if (!spreading || parts < 2 || !group.isStacked() || !group.cost().isKnown()) {
      return fill.requests();
    }
    int share = (fill.rows() + parts - 1) / parts;
    boolean pays = group.cost().rowNanos() * share > group.cost().fixedNanos();
    return pays ? requestsOf(group, share) : fill.requests();
  }

  private static int requestsOf(View group, int rows) {
    int requests = 0;
    int left = rows;
    for (Candidate next : group.inOrder()) {
      requests++;
      left -= next.rows();
      if (left <= 0) {
        break;
      }
    }
    return requests;
  }

  private <G extends View> Decision<G> leaveOrWait(G group, Fill fill, Moment moment) {
    long now = moment.nowNanos();
    CostModel cost = group.cost();
    double paysNanos = (cost.fixedNanos() - cost.rowNanos() * fill.rows()) / (fill.requests() + 1);
    long silence = group.arrivals().lastNanos() + (long) paysNanos;
    long delay = fill.oldest() + delayNanos;
    long deadline = fill.deadline() - Math.round(cost.nanos(fill.rows()));
    if (group.arrivals().gapNanos() >= paysNanos || now >= silence) {
      return Decision.leave(group, part(group, fill, moment.idleLanes()), Reason.LANE_FREE);
    }
    if (now >= deadline) {
      return Decision.leave(group, fill.requests(), Reason.DEADLINE);
    }
    if (now >= delay) {
      return Decision.leave(group, fill.requests(), Reason.DELAY);
    }
    return Decision.rest(Math.min(silence, Math.min(delay, deadline)));
  }
}
