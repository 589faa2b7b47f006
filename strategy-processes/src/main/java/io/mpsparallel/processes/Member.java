package io.mpsparallel.processes;

/**
 * A place for a worker: its present process, if it has one, the life of that, and what is to be
 * done before it serves (models, threads, warm-up). It survives its processes. Fields by the lock
 * of {@link Members}; the link by whoever has the lease.
 */
final class Member {
  private final String name;

  Member(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }
}
