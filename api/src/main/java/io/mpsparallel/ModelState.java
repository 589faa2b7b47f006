package io.mpsparallel;

/** How far a model is. Requests are served in every state but the last. */
public enum ModelState {
  /** Lanes still run the declared warm-up shapes: the first requests may take longer. */
  WARMING_UP,
  /** Every lane has run every warm-up shape, or none was declared. */
  READY,
  /** A warm-up shape failed; {@link LoadedModel#whenReady} says why. */
  WARM_UP_FAILED,
  /** It was closed. */
  CLOSED
}
