package io.mpsparallel.testing;

import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A point on a fake stream, which the device reaches once. Any thread. */
final class Mark {
  final int stream;
  final long ticket;
  private final CountDownLatch reached = new CountDownLatch(1);
  private volatile @Nullable InferenceException failure;
  private volatile long nanos;

  Mark(int stream, long ticket) {
    this.stream = stream;
    this.ticket = ticket;
  }

  void reach(@Nullable InferenceException deviceFailure) {
    failure = deviceFailure;
    nanos = System.nanoTime();
    reached.countDown();
  }

  boolean isReached() {
    return reached.getCount() == 0;
  }

  boolean await(Duration timeout) throws InterruptedException {
    return reached.await(Fakes.clampedNanos(timeout), TimeUnit.NANOSECONDS);
  }

  @Nullable InferenceException failure() {
    return failure;
  }

  long nanos() {
    return nanos;
  }
}
