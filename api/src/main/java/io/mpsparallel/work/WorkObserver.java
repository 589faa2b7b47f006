package io.mpsparallel.work;

/**
 * Who is told that a request was finished. Any thread; what it does must be quick, and not throw.
 */
@FunctionalInterface
public interface WorkObserver {
  /**
   * A request is about to be answered, failed or dropped; once.
   *
   * @param item the request
   * @param sinceNanos the moment that {@link WorkItem#observe} was given
   * @param answered whether it has outputs
   */
  void finished(WorkItem item, long sinceNanos, boolean answered);
}
