package io.mpsparallel.bench;

import java.util.function.LongConsumer;

/**
 * Somebody else's way to run one model, which takes one row of 512 values. It has a process of its
 * own, where {@link PeerServer} puts the load on it.
 */
interface Peer {
  /** {@return what it says of itself, in a line} */
  String facts();

  /**
   * Runs the model.
   *
   * @param row the input; every later call uses it as well
   * @return all values of the output
   */
  float[] answer(float[] row);

  /**
   * Gives a thread of the load what it does for each request: one forward, whose output it lets go.
   *
   * @param number of the thread, from 0; no two threads have the same at once
   * @return what to call, with the number of the request
   */
  LongConsumer caller(int number);
}
