package io.mpsparallel.processes;

import io.mpsparallel.work.Job;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A job on its way through workers: which of its forwards are still to be run, and who died of it.
 * It is made when a worker dies that had the job; most jobs never have one. Whoever has the job.
 */
final class Errand {
  private final Job job;
  private final BitSet open = new BitSet();
  private final List<Death> deaths = new ArrayList<>();

  Errand(Job job) {
    this.job = job;
    open.set(0, job.forwards());
  }

  Job job() {
    return job;
  }

  /** The forwards whose end nobody was told yet. */
  BitSet open() {
    return open;
  }

  /** Deaths so far, the last one included. */
  List<Death> deaths() {
    return deaths;
  }
}
