package io.mpsparallel.batching;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Signature;
import java.util.concurrent.atomic.AtomicInteger;
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

  private Traits(boolean stacked, boolean padded) {
    this.stacked = stacked;
    this.padded = padded;
  }

  /** What a signature says; a model that says nothing is batched if that is assumed. */
  static Traits of(Signature signature, boolean assumeIndependentRows) {
    boolean independent = signature.independentRows();
    boolean free = signature.inputs().stream().allMatch(Traits::hasFreeRows);
    return new Traits(free && (independent || assumeIndependentRows), free && independent);
  }

  private static boolean hasFreeRows(InputSpec input) {
    return input.dims().map(dims -> dims.length > 0 && dims[0] == InputSpec.FREE).orElse(true);
  }

  /** {@return whether requests may be stacked to one forward} */
  boolean isStacked() {
    return stacked;
  }

  /** {@return whether rows may be added to a batch} */
  boolean isPadded() {
    return padded && stacked;
  }

  /** The outputs do not follow the rows of the inputs: never stacked again. */
  void outputsDoNotFollow(String outputs, int rows) {
    neverAgain("its outputs " + outputs + " do not follow " + rows + " rows of its inputs");
  }

  /** A batch failed, and each of its requests succeeded alone. */
  void contradicted() {
    if (contradictions.incrementAndGet() >= MOST_CONTRADICTIONS) {
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
