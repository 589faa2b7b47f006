package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/** Sees which threads of ours began since it was made. */
final class ThreadWatch {
  private static final String NAMES_BEGIN_WITH = "mps-parallel-";

  private final Set<Thread> before = ours();

  private static Set<Thread> ours() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(NAMES_BEGIN_WITH))
        .collect(Collectors.toSet());
  }

  /** Checks that each of them ends. */
  void assertNoneLeft(Duration patience) {
    Set<Thread> left = ours();
    left.removeAll(before);
    for (Thread thread : left) {
      try {
        thread.join(patience.toMillis());
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted while it waited for " + thread, e);
      }
      assertThat(thread.isAlive()).as("%s is left", thread).isFalse();
    }
  }
}
