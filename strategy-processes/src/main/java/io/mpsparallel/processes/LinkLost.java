package io.mpsparallel.processes;

/** The worker is gone, or what it wrote cannot be. Never leaves this package. */
final class LinkLost extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A link that cannot be used any more.
   *
   * @param why what was seen
   */
  LinkLost(String why) {
    super(why, null, false, false);
  }
}
