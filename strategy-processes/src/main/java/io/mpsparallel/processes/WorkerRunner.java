package io.mpsparallel.processes;

/**
 * The thread of a member: takes jobs, fills frames, waits for answers, tells the jobs. It keeps up
 * to the depth in hand, and takes ahead only while no other worker is idle. Between requests it
 * gives the lease back, looks for work for a while, and sleeps.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class WorkerRunner implements Runnable {
  WorkerRunner(Members members, Member member) {}

  @Override
  public void run() {
    throw new UnsupportedOperationException("to be built");
  }
}
