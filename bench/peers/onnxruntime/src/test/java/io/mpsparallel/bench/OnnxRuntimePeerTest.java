package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("peers")
final class OnnxRuntimePeerTest {
  private static final List<float[]> WEIGHTS =
      List.of(
          new float[] {1, -2, 3, 4, -5, -6}, new float[] {1, 1, 1},
          new float[] {1, 10, 100, 1, 1, 1}, new float[] {0.5f, -1});

  @TempDir private Path folder;

  private OnnxRuntimePeer peer(int intraOp) throws OrtException {
    Path file = OnnxMlp.write(folder.resolve("small.onnx"), WEIGHTS, 2, 3, 2);
    return new OnnxRuntimePeer(file.toString(), intraOp, false);
  }

  @Test
  void answer_isThatOfTheWeights() throws OrtException {
    OnnxRuntimePeer peer = peer(1);

    // [1, 1] -> [-1, 7, -11] + 1 = [0, 8, -10], of which ReLU leaves [0, 8, 0].
    assertThat(peer.answer(new float[] {1, 1})).containsExactly(80.5f, 7);
    assertThat(peer.facts()).startsWith("ONNX Runtime 1.");
  }

  @Test
  void callers_shareTheSession() throws OrtException {
    OnnxRuntimePeer peer = peer(2);
    peer.answer(new float[] {1, 1});

    Limit limit = new Limit(200, Duration.ofMinutes(1));
    Measured measured = BlockedLoop.runEach(peer::caller, 4, limit, Ticker.SYSTEM);

    assertThat(measured.answers()).isEqualTo(200);
  }
}
