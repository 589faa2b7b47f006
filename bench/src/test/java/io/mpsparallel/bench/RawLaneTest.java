package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.mps.RawLane;
import io.mpsparallel.mps.RawModel;
import io.mpsparallel.mps.RawShares;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hand-written loops on the CPU, where there are no streams and no graphs. */
final class RawLaneTest {
  private static final String SUM_AND_DOUBLE =
      """
      def forward(self, x: Tensor, n: Tensor) -> Tuple[Tensor, Tensor]:
        return (x + n.float(), 2.0 * x)
      """;

  @TempDir private Path folder;
  private final Tensor x = Tensor.of(new float[] {1, 2}, 1, 2);
  private final Tensor n = Tensor.of(new long[] {10, 20}, 1, 2);
  private RawModel model;
  private RawLane lane;

  @BeforeEach
  void open() {
    Path file = ScriptModels.script(folder.resolve("sum.pt"), SUM_AND_DOUBLE);
    model = new RawModel(file, "cpu");
    lane = new RawLane(model, NamedTensors.of(x, n));
  }

  @AfterEach
  void close() {
    lane.close();
    model.close();
    x.close();
    n.close();
  }

  @Test
  void eachKindOfCall_answersTheInputsOfNow() {
    List<Consumer<RawLane>> calls =
        List.of(
            RawLane::eager,
            RawLane::eagerOnDefaultStream,
            RawLane::eagerThenSynchronizeDevice,
            RawLane::eagerOnNewThread);
    for (int i = 0; i < calls.size(); i++) {
      x.buffer().asFloatBuffer().put(0, i);
      calls.get(i).accept(lane);
      assertThat(lane.answer()).containsExactly(10 + i, 22);
    }
  }

  @Test
  void replay_beforeACapture_isRefused() {
    assertThatThrownBy(lane::replay).hasMessage("nothing was captured");
  }

  @Test
  void shares_ofEagerCalls_addUp_withoutWhatNeedsAGpu() {
    RawShares shares = RawShares.eager(lane, false);

    assertThat(shares.launch()).isPositive();
    assertThat(shares.total()).isGreaterThanOrEqualTo(shares.launch());
    assertThat(shares.kernels()).isNaN();
    assertThat(shares.span()).isNaN();
  }
}
