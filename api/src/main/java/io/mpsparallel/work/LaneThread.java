package io.mpsparallel.work;

/**
 * A thread that strategies run requests on. A caller's code that finds itself on one, in a
 * continuation of a future, must not wait for requests: they might need this very thread.
 */
public final class LaneThread extends Thread {
  /**
   * A daemon thread, not started.
   *
   * @param name its name
   * @param loop what it runs
   */
  public LaneThread(String name, Runnable loop) {
    super(loop, name);
    setDaemon(true);
  }
}
