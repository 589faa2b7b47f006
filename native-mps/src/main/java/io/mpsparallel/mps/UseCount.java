package io.mpsparallel.mps;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts the uses of something that is freed once it is shut and no use is left. Any thread; one
 * atomic operation for each begin and end.
 */
abstract class UseCount {
  private static final int SHUT = 1;
  private static final int FREED = 2;
  private static final int ONE_USE = 4;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(UseCount.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // through STATE
  private volatile int state;

  /** Frees what is counted; called exactly once, by whoever shuts it or ends its last use. */
  abstract void free();

  /** Begins a use; false if it is shut. */
  final boolean beginUse() {
    if (((int) STATE.getAndAdd(this, ONE_USE) & SHUT) == 0) {
      return true;
    }
    endUse(); // the count was raised for a moment: this may now be its last end
    return false;
  }

  final void endUse() {
    if ((int) STATE.getAndAdd(this, -ONE_USE) - ONE_USE == SHUT) {
      freeOnce();
    }
  }

  /** Refuses new uses, and frees now if there are none; true at the first call. */
  final boolean shut() {
    int before = (int) STATE.getAndBitwiseOr(this, SHUT);
    if (before == 0) {
      freeOnce();
    }
    return (before & SHUT) == 0;
  }

  final boolean isShut() {
    return ((int) STATE.getVolatile(this) & SHUT) != 0;
  }

  private void freeOnce() {
    if (STATE.compareAndSet(this, SHUT, SHUT | FREED)) {
      free();
    }
  }
}
