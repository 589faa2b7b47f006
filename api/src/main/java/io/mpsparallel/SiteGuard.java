package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.resilience.SiteBreaker;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Relay;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.Warden;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Answers for the requests of a place: tells its breaker how they end, tries those again whose lane
 * was lost, and has those go to the next place that fail through its fault. Immutable, any thread.
 */
final class SiteGuard implements Warden {
  private final Placement at;
  private final int attempt;

  /**
   * A guard.
   *
   * @param at the place, which has permitted the request
   * @param attempt how often it was tried there already
   */
  SiteGuard(Placement at, int attempt) {
    this.at = at;
    this.attempt = attempt;
  }

  Placement placement() {
    return at;
  }

  private SiteBreaker breaker() {
    return at.site().breaker();
  }

  @Override
  public Served answered(Served served) {
    breaker().succeeded();
    return at.site().isFallback() ? served.asFallback() : served;
  }

  /** A request has its outputs, which its caller was not given yet. */
  InferenceResult answered(InferenceResult result) {
    Served served = result.served();
    Served told = answered(served);
    return told.equals(served) ? result : new InferenceResult(result.outputs(), told);
  }

  @Override
  public void gone() {
    breaker().ended();
  }

  /** A request failed: who has it next, and has permitted it; null if it is to fail. */
  @Nullable SiteGuard after(InferenceException failure) {
    if (!SiteBreaker.blames(failure)) {
      breaker().ended();
      return null;
    }
    if (at.site().outlives(failure)) {
      breaker().ended(); // the place is well without that device
    } else {
      breaker().failed(failure);
    }
    boolean again =
        failure.code().scope() == ErrorCode.Scope.LANE
            && attempt < at.site().settings().resilience().retries();
    if (again && breaker().permits()) {
      return new SiteGuard(at, attempt + 1);
    }
    return next(failure);
  }

  private @Nullable SiteGuard next(InferenceException failure) {
    try {
      Placement next = at.next();
      return next == null ? null : next.permitted();
    } catch (InferenceException refused) {
      failure.addSuppressed(refused);
      return null;
    }
  }

  @Override
  public boolean rescue(WorkItem item, InferenceException failure) {
    SiteGuard next = after(failure);
    return next != null && next.takeOver(item, failure);
  }

  /** Has another request made here that answers the first; false if there is no room for it. */
  private boolean takeOver(WorkItem item, InferenceException failure) {
    WorkItem other;
    try {
      other = Relay.of(item, at.version());
    } catch (InferenceException closed) {
      gone();
      failure.addSuppressed(closed);
      return false;
    }
    other.guardBy(this);
    try {
      at.site().strategy().accept(other, Duration.ZERO);
      return true;
    } catch (InferenceException refused) {
      if (other.rescued(refused)) {
        return true;
      }
      other.withdraw();
      other.inputs().close();
      failure.addSuppressed(refused);
      return false;
    }
  }
}
