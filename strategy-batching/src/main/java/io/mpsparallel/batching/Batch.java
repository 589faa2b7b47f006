package io.mpsparallel.batching;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.WorkItem;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Requests on their way through a lane: stacked to one forward, or one after another in one run. A
 * request that is alone is bound as it is, without a copy. The lane's thread; {@link #lose} any.
 */
final class Batch implements Job {
  /** What becomes of batches. */
  interface Owner {
    /** It succeeded, after so many nanoseconds. */
    void succeeded(Batch batch, long nanos);

    /** It failed, and a part of it might not; it is told once. */
    void divide(Batch batch);

    /** Its requests must run one by one. */
    void runApart(Batch batch);

    /** It ended in another way, and its requests have their answers or get them now. */
    void ended(Batch batch);
  }

  private final Owner owner;
  private final Part part;
  private final boolean stacked;
  private final int rows; // with padding
  private final @Nullable Lengths lengths;
  private final int length; // with padding; 0 if nothing is filled up
  private final AtomicBoolean over = new AtomicBoolean();
  private long filledNanos;
  private int told;

  /**
   * A batch.
   *
   * @param stacked whether its requests share one forward
   * @param rows how many rows that forward has, added ones included
   */
  Batch(Owner owner, Part part, boolean stacked, int rows) {
    this.owner = owner;
    this.part = part;
    this.stacked = stacked;
    this.rows = rows;
    lengths = null;
    length = 0;
  }

  /**
   * A batch of sequences that share one forward.
   *
   * @param rows how many rows that forward has, added ones included
   * @param length the length of all
   */
  Batch(Owner owner, Part part, int rows, Lengths lengths, int length) {
    this.owner = owner;
    this.part = part;
    stacked = true;
    this.rows = rows;
    this.lengths = lengths;
    this.length = length;
  }

  Part part() {
    return part;
  }

  boolean isStacked() {
    return stacked;
  }

  /** {@return the rows that the device computes} */
  int rows() {
    return rows;
  }

  /** {@return the positions that were added behind the ends of sequences} */
  long padPositions() {
    if (length == 0) {
      return 0;
    }
    long added = 0;
    for (Waiting request : requests()) {
      added += (long) request.rows() * (length - request.length());
    }
    return added;
  }

  private List<Waiting> requests() {
    return part.requests();
  }

  private WorkItem item(int forward) {
    return requests().get(forward).item();
  }

  @Override
  public ModelVersion version() {
    return item(0).version();
  }

  @Override
  public int requestCount() {
    return requests().size();
  }

  @Override
  public int forwards() {
    return stacked ? 1 : requests().size();
  }

  @Override
  public void fill(int forward, Slot slot) {
    if (forward == 0) {
      filledNanos = System.nanoTime();
    }
    if (isCopied() && lengths != null) {
      lengths.stage(slot, requests(), rows, length);
    } else if (isCopied()) {
      Rows.stage(slot, requests(), rows);
    } else {
      slot.bind(item(forward).inputs());
    }
  }

  private boolean isCopied() {
    Waiting first = requests().get(0);
    return stacked && (requests().size() > 1 || rows > first.rows() || length > first.length());
  }

  @Override
  public void succeed(int forward, NamedTensors outputs, Served served) {
    if (stacked) {
      succeedStacked(outputs, served);
      return;
    }
    tellEnd();
    item(forward).succeed(outputs, label(served, 1));
  }

  private void succeedStacked(NamedTensors outputs, Served served) {
    boolean follow = follow(outputs);
    if (isCopied() && !follow) {
      outputs.close();
      end(() -> owner.runApart(this));
      return;
    }
    end(() -> owner.succeeded(this, System.nanoTime() - filledNanos));
    Served label = label(served, requests().size());
    if (isCopied()) {
      Rows.handOut(outputs, requests(), label, this::section);
    } else {
      item(0).succeed(outputs, label);
    }
  }

  /** Whether each can be given its own; if not, it is remembered. */
  private boolean follow(NamedTensors outputs) {
    Traits traits = part.group().traits();
    if (!Rows.follow(outputs, rows)) {
      traits.outputsDoNotFollow(outputs.toString(), rows);
      return false;
    }
    if (lengths != null && padPositions() > 0 && !lengths.follow(outputs, length)) {
      traits.outputsContradictPadding(outputs.toString(), length);
      return false;
    }
    return true;
  }

  private NamedTensors section(NamedTensors outputs, Waiting request, int from, int to) {
    return lengths == null || request.length() == length
        ? Rows.section(outputs, from, to)
        : lengths.section(outputs, from, to, request.length());
  }

  private static Served label(Served lane, int requests) {
    return new Served(BatchingProvider.ID, lane.device(), requests);
  }

  @Override
  public void fail(int forward, InferenceException failure) {
    if (stacked) {
      fail(failure);
      return;
    }
    tellEnd();
    item(forward).fail(failure);
  }

  /** One of several forwards has ended. */
  private void tellEnd() {
    told++;
    if (told == forwards()) {
      end(() -> owner.ended(this));
    }
  }

  @Override
  public void fail(InferenceException failure) {
    if (requests().size() > 1 && failure.scope() == ErrorCode.Scope.REQUEST) {
      end(() -> owner.divide(this));
      return;
    }
    end(() -> owner.ended(this));
    failAll(failure);
  }

  @Override
  public void lose(InferenceException failure) {
    end(() -> owner.ended(this));
    failAll(failure);
  }

  private void failAll(InferenceException failure) {
    requests().forEach(request -> request.item().fail(failure));
  }

  /** Once, whoever comes first: the lane, or somebody who gives the lane up. */
  private void end(Runnable how) {
    if (over.compareAndSet(false, true)) {
      how.run();
    }
  }
}
