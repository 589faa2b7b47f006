package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.WorkItem;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Handing rows out. */
class RowsTest {
  private static final ModelVersion VERSION = new ModelVersion(Map.of(), () -> {});
  private static final Served SERVED = new Served("batching", Device.CPU, 3);

  private static Waiting request(int number) {
    NamedTensors inputs = NamedTensors.of(Tensor.of(new float[1], 1, 1));
    WorkItem item = new WorkItem(VERSION, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
    return Waiting.of(item, 0, number);
  }

  @Test
  void section_thatCannotBeMade_failsItsRequestAlone() {
    List<Waiting> requests = IntStream.range(0, 3).mapToObj(RowsTest::request).toList();
    Tensor output = Tensor.of(new float[] {1, 2, 3}, 3, 1);
    Rows.handOut(
        NamedTensors.of(output),
        requests,
        SERVED,
        (outputs, request, from, to) -> {
          if (from == 1) {
            throw new InferenceException(ErrorCode.OUT_OF_MEMORY, "scripted");
          }
          return Rows.section(outputs, from, to);
        });
    assertThat(output.isClosed()).isTrue();
    assertThat(requests.get(0).item().join().tensor().toFloatArray()).containsExactly(1);
    assertThat(requests.get(2).item().join().tensor().toFloatArray()).containsExactly(3);
    assertThat(requests.get(1).item()).isCompletedExceptionally();
    requests.get(0).item().join().close();
    requests.get(2).item().join().close();
  }
}
