package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code double.pt} is TorchScript: {@code return x + x}. */
@Tag("peers")
final class DjlPeerTest {
  @BeforeAll
  static void fetchNothing() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("DJL_CACHE_DIR", Path.of("target", "cache").toAbsolutePath().toString());
  }

  @Test
  void answer_isThatOfTheModel() throws Exception {
    DjlPeer peer = new DjlPeer(Path.of(getClass().getResource("/double.pt").toURI()));

    assertThat(peer.answer(new float[] {1, -2.5f})).containsExactly(2, -5);
    assertThat(peer.facts()).contains("libtorch 2.7.1");
  }

  @Test
  void callers_haveInputsOfTheirOwn() throws Exception {
    DjlPeer peer = new DjlPeer(Path.of(getClass().getResource("/double.pt").toURI()));
    peer.answer(new float[] {1});

    Limit limit = new Limit(200, Duration.ofMinutes(1));
    Measured measured = BlockedLoop.runEach(peer::caller, 4, limit, Ticker.SYSTEM);

    assertThat(measured.answers()).isEqualTo(200);
  }
}
