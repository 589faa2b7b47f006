package io.mpsparallel.testing;

/**
 * The models that {@link BackendContract} and {@link StrategyContract} need. All but {@link #ADD}
 * have one input, {@code x}.
 */
public enum ContractModel {
  /** Returns x. Any dtype, any shape. */
  IDENTITY,
  /** Returns x * x. float32, any shape. */
  SQUARE,
  /** Returns a + b, of the inputs a and b. Raises if their shapes do not broadcast. */
  ADD,
  /** Returns the tuple (x, x * x). */
  TUPLE,
  /** Returns the list [x, x * x]. */
  LIST,
  /** Returns the dict {"same": x, "square": x * x}. */
  DICT,
  /** Raises an error. */
  RAISING,
  /** Returns the first row of x alone: as many rows as no batch expects. */
  FIRST_ROW
}
