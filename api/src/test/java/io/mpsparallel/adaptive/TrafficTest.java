package io.mpsparallel.adaptive;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TrafficTest {
  private static final long WINDOW_NANOS = 250_000_000;
  private final Traffic traffic = new Traffic(WorkKind.of("model", 12), Choice.THREADS);
  private final ModelVersion version = new ModelVersion(Map.of(), () -> {});
  private final NamedTensors threeRows = NamedTensors.of(Tensor.of(new float[3], 3, 1));

  @AfterEach
  void close() {
    threeRows.close();
  }

  private WorkItem item() {
    return new WorkItem(version, threeRows, false, Priority.NORMAL, WorkItem.NO_DEADLINE);
  }

  private LoadSample look() {
    return requireNonNull(traffic.look(WINDOW_NANOS), "a sample");
  }

  private void handedOver(boolean answered) {
    WorkItem item = item();
    traffic.begin(item);
    traffic.finished(item, System.nanoTime(), answered);
  }

  private void here() {
    WorkItem item = item();
    traffic.servedHere(item, traffic.startHere());
  }

  @Test
  void look_nothingSeen_isNoSample() {
    assertThat(traffic.look(WINDOW_NANOS)).isNull();
  }

  @Test
  void look_answersOfBothWays_countsRequestsAndRowsSinceTheLastOne() {
    handedOver(true);
    handedOver(false);
    here();
    here();
    assertThat(look().requests()).isEqualTo(3);
    here();
    assertThat(look()).extracting(LoadSample::requests, LoadSample::rows).containsExactly(1L, 3L);
    assertThat(traffic.look(WINDOW_NANOS)).isNull();
  }

  @Test
  void look_requestsUnderWay_areInFlightUntilTheyEnd() {
    WorkItem one = item();
    WorkItem other = item();
    traffic.begin(one);
    traffic.begin(other);
    assertThat(look())
        .extracting(LoadSample::requests, LoadSample::inFlight)
        .containsExactly(0L, 2.0);
    traffic.refused(one);
    assertThat(look().inFlight()).isEqualTo(1);
    traffic.finished(other, 0, false);
    assertThat(traffic.look(WINDOW_NANOS)).isNull();
  }

  @Test
  void look_manyThreads_losesNothing() throws Exception {
    int threads = 8;
    int each = 20_000;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<?>> done = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      done.add(
          pool.submit(
              () -> {
                for (int n = 0; n < each; n++) {
                  handedOver(true);
                  here();
                }
              }));
    }
    for (Future<?> one : done) {
      one.get();
    }
    pool.shutdown();
    LoadSample sample = look();
    assertThat(sample.requests()).isEqualTo(2L * threads * each);
    assertThat(sample.rows()).isEqualTo(6L * threads * each);
    assertThat(sample.meanNanos()).isPositive();
  }

  /** What is periodic, as the places in batches are, must be met in all its places alike. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 13, 16, 21, 64})
  void isOneInEight_ofWhateverPeriod_isOneInEightOfEachPlace(int period) {
    int rounds = 8000;
    int[] timed = new int[period];
    for (long n = 0; n < (long) rounds * period; n++) {
      timed[(int) (n % period)] += Traffic.isOneInEight(n) ? 1 : 0;
    }
    for (int place : timed) {
      assertThat(place).isBetween((int) (0.98 * rounds / 8), (int) (1.02 * rounds / 8));
    }
  }
}
