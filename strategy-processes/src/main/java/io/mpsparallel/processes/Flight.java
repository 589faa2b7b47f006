package io.mpsparallel.processes;

/**
 * A forward in a worker's hand.
 *
 * @param errand its job
 * @param forward which one of the job
 * @param slot where it is
 */
record Flight(Errand errand, int forward, FrameSlot slot) {}
