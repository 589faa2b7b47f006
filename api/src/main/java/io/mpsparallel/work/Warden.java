package io.mpsparallel.work;

import io.mpsparallel.error.InferenceException;

/**
 * Who answers for the requests of a place where they run, and is told first how each of them ended:
 * exactly one call for each. Any thread, also one of the place: what it does must not wait.
 */
public interface Warden {
  /**
   * A request has its outputs.
   *
   * @param served how they came about
   * @return what its caller is told about that
   */
  Served answered(Served served);

  /**
   * A request failed.
   *
   * @param item the request, whose inputs are still there
   * @param failure why
   * @return true if it goes on elsewhere, and will be answered or failed from there
   */
  boolean rescue(WorkItem item, InferenceException failure);

  /** A request ended without either: it was refused, cancelled or withdrawn. */
  void gone();
}
