package io.mpsparallel.batching;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.work.BoundedSource;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where requests wait until a lane asks for a batch of them. Any thread; everything that changes is
 * guarded by its lock. Whatever makes a batch possible clears {@link #restUntil}, so that lanes
 * look again.
 */
final class BatchSource extends BoundedSource<Arrival> implements Batch.Owner {
  private static final long NOW = Long.MIN_VALUE;

  private final Runnable moreWork;
  private final Groups groups;
  private final ArrayDeque<Part> parts = new ArrayDeque<>(); // go before all others
  private final Tally tally = new Tally();
  private BatchFormer former;
  private Sizes sizes;
  private boolean patient = true;
  private int lanes = 1;
  private int rowsInFlight;
  private volatile int inFlight; // written under the lock
  private volatile long restUntil = NOW; // written under the lock

  /**
   * An empty source.
   *
   * @param capacity how many requests may wait
   * @param former says what batches are like
   * @param sizes what they are padded to
   * @param traitsOf what a model says about itself
   * @param moreWork called, with no lock held, when waiting requests may leave now
   */
  BatchSource(
      int capacity,
      Ticker ticker,
      BatchFormer former,
      Sizes sizes,
      Function<ModelVersion, Traits> traitsOf,
      Runnable moreWork) {
    super(capacity, ticker);
    groups = new Groups(traitsOf);
    this.moreWork = moreWork;
    this.former = former;
    this.sizes = sizes;
  }

  // ---- for the strategy ----

  /** Says how many lanes there are. */
  void change(int changedLanes) {
    lookAgain(() -> lanes = changedLanes);
  }

  /** Changes what batches are like, and says how many lanes there are. */
  void change(BatchFormer changed, Sizes changedSizes, int changedLanes) {
    lookAgain(
        () -> {
          former = changed;
          sizes = changedSizes;
          lanes = changedLanes;
        });
  }

  /** Lets requests wait for others no more. */
  void hurry() {
    lookAgain(() -> patient = false);
  }

  private void lookAgain(Runnable change) {
    locked(
        () -> {
          restUntil = NOW;
          change.run();
          return null;
        });
    tellLanes();
  }

  private void tellLanes() {
    if (size() > 0) {
      moreWork.run();
    }
  }

  /** {@return how many batches run} */
  int inFlight() {
    return inFlight;
  }

  BatchStats stats() {
    return locked(tally::stats);
  }

  /** Forgets a model version, of which no request waits. */
  void forget(ModelVersion version) {
    locked(
        () -> {
          groups.forget(version);
          return null;
        });
  }

  // ---- adding ----

  @Override
  protected Arrival waiting(WorkItem item) {
    return groups.arrival(item, nowNanos());
  }

  @Override
  protected void add(Arrival arrival) {
    groups.add(arrival);
    restUntil = NOW;
  }

  @Override
  protected void removeIf(Predicate<WorkItem> test) {
    groups.removeIf(test);
    List<Part> rest = parts.stream().map(part -> part.without(test)).toList();
    parts.clear();
    rest.stream().filter(part -> part.size() > 0).forEach(parts::addLast);
  }

  // ---- taking ----

  @Override
  public long restNanos() {
    if (size() == 0) {
      return UNTIL_MORE;
    }
    if (hasArrivals()) { // first: when they are moved, restUntil is cleared before
      return 0;
    }
    long until = restUntil;
    if (until == NOW) {
      return 0;
    }
    return until == Decision.UNTIL_CHANGE ? UNTIL_MORE : Math.max(0, until - nowNanos());
  }

  @Override
  public @Nullable Job poll() {
    if (restNanos() > 0) {
      return null;
    }
    List<WorkItem> dead = new ArrayList<>();
    Batch batch = locked(() -> next(dead));
    dead.forEach(this::bury);
    return batch;
  }

  private @Nullable Batch next(List<WorkItem> dead) {
    long now = nowNanos();
    Batch again = nextPart(now, dead);
    return again != null ? again : nextOfGroups(now, dead);
  }

  private @Nullable Batch nextPart(long now, List<WorkItem> dead) {
    for (Part part = parts.pollFirst(); part != null; part = parts.pollFirst()) {
      taken(part.size());
      Part live = part.without(item -> isDead(item, now) && dead.add(item));
      if (!live.requests().isEmpty()) {
        return started(live);
      }
      push(live.ifOver());
    }
    return null;
  }

  private @Nullable Batch nextOfGroups(long now, List<WorkItem> dead) {
    int before = dead.size();
    groups.removeDead(item -> isDead(item, now), former.mostRows(), dead::add);
    taken(dead.size() - before);
    int idle = Math.max(0, lanes - inFlight);
    BatchFormer.Moment moment = new BatchFormer.Moment(now, idle, rowsInFlight, patient);
    Decision<Group> decision = former.decide(groups.byUrgency(), moment);
    Group group = decision.group();
    if (group == null) {
      restUntil = decision.untilNanos();
      return null;
    }
    List<Waiting> leaving = groups.take(group, decision.requests());
    taken(leaving.size());
    Batch batch = started(Part.of(group, leaving));
    BatchStats.Reason reason = requireNonNull(decision.reason());
    tally.left(batch, reason, now);
    Events.batchFormed(batch.part().size(), batch.part().rows(), reason);
    return batch;
  }

  private Batch started(Part part) {
    boolean stacked = part.group().isStacked();
    int rows = stacked ? filledUp(part) : part.rows();
    changeInFlight(1, rows);
    Lengths lengths = part.group().traits().lengths();
    int bucket = part.group().key().bucket();
    return stacked && bucket > 0 && lengths != null
        ? new Batch(this, part, rows, lengths, lengths.common(part.requests(), bucket))
        : new Batch(this, part, stacked, rows);
  }

  /** The rows of a batch with those that are added, unless these make it larger than allowed. */
  private int filledUp(Part part) {
    int own = part.rows();
    boolean mayAdd = part.group().traits().addsRows(part.requests().size() > 1);
    int most = mayAdd ? sizes.padded(own) : own;
    boolean adds = own > 0 && most > own;
    return adds && part.bytes() / own * most <= former.mostBytes() ? most : own;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
  private void changeInFlight(int batches, int rows) {
    inFlight += batches;
    rowsInFlight += rows;
  }

  // ---- what becomes of batches ----

  @Override
  public void succeeded(Batch batch, long nanos) {
    List<Part> next = batch.part().ifSucceeded();
    end(batch, next, () -> learn(batch, nanos, !next.isEmpty()));
  }

  private void learn(Batch batch, long nanos, boolean divides) {
    Part part = batch.part();
    part.group().observe(batch.rows(), nanos);
    if (divides) {
      tally.bisected();
    }
    if (part.suspect()) {
      boolean sized = !sizes.rows().isEmpty();
      part.group().traits().contradicted(part.group().key().bucket() > 0, sized);
    } else if (part.requests().size() > 1 && part.others() == null) { // a half says nothing of all
      part.group().traits().confirmed();
    }
  }

  @Override
  public void divide(Batch batch) {
    end(batch, batch.part().ifFailed(), tally::bisected);
  }

  @Override
  public void runApart(Batch batch) {
    end(batch, batch.part().again(), () -> {});
  }

  @Override
  public void ended(Batch batch) {
    end(batch, batch.part().ifOver(), () -> {});
  }

  private void end(Batch batch, List<Part> next, Runnable learning) {
    InferenceException refusal =
        locked(
            () -> {
              changeInFlight(-1, -batch.rows());
              restUntil = NOW;
              learning.run();
              return push(next);
            });
    if (refusal != null) {
      next.forEach(part -> part.fail(refusal));
    }
    tellLanes(); // one may have found nothing before
  }

  /** Puts parts before all others, in order; returns why they cannot wait here, if so. */
  private @Nullable InferenceException push(List<Part> next) {
    InferenceException refusal = takenBack(next.stream().mapToInt(Part::size).sum());
    if (refusal == null) {
      for (int i = next.size() - 1; i >= 0; i--) {
        parts.addFirst(next.get(i));
      }
    }
    return refusal;
  }
}
