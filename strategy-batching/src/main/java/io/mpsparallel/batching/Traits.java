package io.mpsparallel.batching;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Signature;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is known about a model version as far as batches go. Any thread. */
final class Traits {
  private static final Logger LOG = LoggerFactory.getLogger(Traits.class);

  /** How often in a row a batch may fail although each of its requests succeeds. */
  private static final int MOST_CONTRADICTIONS = 3;

  private final boolean padded;
  private final AtomicInteger contradictions = new AtomicInteger();
  private volatile boolean stacked;
  private volatile boolean mixesMore = true; // rows are added to those of several requests
  private volatile @Nullable Lengths lengths;

  private Traits(boolean stacked, boolean padded, @Nullable Lengths lengths) {
    this.stacked = stacked;
    this.padded = padded;
    this.lengths = lengths;
  }

  /**
   * What a signature says; a model that says nothing is batched if that is assumed.
   *
   * @param lengths how sequences of different lengths are stacked, or null if they are not
   */
  static Traits of(Signature signature, boolean assumeIndependentRows, @Nullable Lengths lengths) {
    boolean independent = signature.independentRows();
    boolean free = signature.inputs().stream().allMatch(Traits::hasFreeRows);
    boolean stacked = free && (independent || assumeIndependentRows);
    return new Traits(stacked, free && independent, stacked ? lengths : null);
  }

  private static boolean hasFreeRows(InputSpec input) {
    return input.dims().map(dims -> dims.length > 0 && dims[0] == InputSpec.FREE).orElse(true);
  }

  /** {@return whether requests may be stacked to one forward} */
  boolean isStacked() {
    return stacked;
  }

  /** {@return whether the model states that rows may be added, whatever is in a batch} */
  boolean isPadded() {
    return padded && stacked;
  }

  /**
   * Whether rows may be added to a batch.
   *
   * @param mixed whether rows of several requests are in it: one more adds no assumption to that
   */
  boolean addsRows(boolean mixed) {
    return isPadded() || (stacked && mixed && mixesMore);
  }

  /** {@return how sequences of different lengths are stacked; null if they are not} */
  @Nullable Lengths lengths() {
    return lengths;
  }

  /** The outputs do not follow the rows of the inputs: never stacked again. */
  void outputsDoNotFollow(String outputs, int rows) {
    neverAgain("its outputs " + outputs + " do not follow " + rows + " rows of its inputs");
  }

  /** The outputs are not as the padding says: sequences are never filled up again. */
  void outputsContradictPadding(String outputs, int length) {
    neverFilledUp("its outputs " + outputs + " are not as declared for a length of " + length);
  }

  private void neverFilledUp(String why) {
    if (lengths != null) {
      lengths = null;
      contradictions.set(0);
      LOG.warn("sequences of a model are not filled up from now on: {}", why);
    }
  }

  /**
   * A batch failed, and each of its requests succeeded alone; what was added is blamed first.
   *
   * @param filledUp whether its sequences were filled up
   * @param sized whether batches have rows added
   */
  void contradicted(boolean filledUp, boolean sized) {
    if (contradictions.incrementAndGet() < MOST_CONTRADICTIONS) {
      return;
    }
    if (filledUp) {
      neverFilledUp("batches fail whose requests succeed alone");
    } else if (sized && !padded && mixesMore) {
      mixesMore = false;
      contradictions.set(0);
      LOG.info(
          "no rows are added to batches of a model from now on: they fail, not their requests");
    } else {
      neverAgain("batches fail whose requests succeed alone");
    }
  }

  /** A batch of several requests succeeded. */
  void confirmed() {
    if (contradictions.get() != 0) {
      contradictions.set(0);
    }
  }

  private void neverAgain(String why) {
    if (stacked) {
      stacked = false;
      LOG.info("a model is not batched from now on: {}", why);
    }
  }
}
