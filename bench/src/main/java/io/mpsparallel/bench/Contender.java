package io.mpsparallel.bench;

/**
 * A peer at the setting that suits it best.
 *
 * @param name of the peer
 * @param child its process
 * @param setting what the process was set up with
 * @param threads how many threads give the most
 */
record Contender(String name, PeerChild child, String setting, int threads) {
  /** {@return what tables call the peer at its best} */
  String best() {
    return name + ", its best";
  }

  /** {@return the peer at its best} */
  Cell cell() {
    return new Cell(best(), time -> child.run(threads, time));
  }

  /** {@return what tables call the peer with another number of threads, each with its forwards} */
  String blocked(int callers) {
    return name + ", blocked " + callers;
  }

  /** {@return the peer with so many threads} */
  Cell blockedCell(int callers) {
    return new Cell(blocked(callers), time -> child.run(callers, time));
  }
}
