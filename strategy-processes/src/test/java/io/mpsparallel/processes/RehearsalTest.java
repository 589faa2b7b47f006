package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.settings.BackendSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nobody else watches has a limit of its own. */
class RehearsalTest {
  @Test
  @Timeout(60)
  void process_thatDoesNotAnswer_isKilledAfterTheLimit() {
    FakeWorker stopped = new FakeWorker(new FakeLauncher(), 1, 4);
    stopped.stop();
    Rehearsal rehearsal = new Rehearsal("engine", BackendSettings.DEFAULTS, null);
    assertThat(rehearsal.run(stopped, Duration.ofMillis(50))).isFalse();
    assertThat(stopped.isAlive()).isFalse();
    assertThat(stopped.isClosed()).isTrue();
  }
}
