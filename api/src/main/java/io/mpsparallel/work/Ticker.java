package io.mpsparallel.work;

/** A clock that only measures distances, replaced by a scripted one in tests. Any thread. */
@FunctionalInterface
public interface Ticker {
  /** The JVM's own. */
  Ticker SYSTEM = System::nanoTime;

  /** {@return nanoseconds since some fixed moment} */
  long nanos();
}
