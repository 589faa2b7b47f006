package io.mpsparallel;

import java.util.ArrayList;
import java.util.List;

/**
 * The ledgers of all models of an executor, closed ones included: totals never fall. Any thread.
 */
final class Books {
  private final List<Ledger> open = new ArrayList<>(); // guarded by this; those with requests
  private RequestCounts past = RequestCounts.NONE; // guarded by this

  /** The ledger of another model. */
  synchronized Ledger newLedger() {
    Ledger ledger = new Ledger();
    open.add(ledger);
    return ledger;
  }

  /** A model was closed; its last requests may still end. */
  synchronized void close(Ledger ledger) {
    RequestCounts last = ledger.counts();
    if (last.inFlight() == 0 && open.remove(ledger)) {
      past = past.plus(last);
    }
  }

  synchronized RequestCounts total() {
    RequestCounts sum = past;
    for (Ledger ledger : open) {
      sum = sum.plus(ledger.counts());
    }
    return sum;
  }
}
