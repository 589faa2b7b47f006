package io.mpsparallel.work;

/** Which request goes first when several wait; equal ones go in the order of their arrival. */
public enum Priority {
  /** Before all others. */
  HIGH,
  /** The usual one. */
  NORMAL,
  /** After all others. */
  LOW
}
