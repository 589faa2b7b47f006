package io.mpsparallel.processes;

/**
 * A pipe in each direction, on which a byte means "look". One thread sleeps at a time; any thread
 * may ring. How many bytes come is of no importance.
 */
interface Bell extends AutoCloseable {
  /** Writes a byte; does nothing if the other side is gone. */
  void ring();

  /** Reads what is there, waiting for a byte; false at the end, when the other side is gone. */
  boolean sleep();

  /** Closes this side's ends. Whoever sleeps may go on sleeping until the other side is gone. */
  @Override
  void close();
}
