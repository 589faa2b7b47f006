package io.mpsparallel.adaptive;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyStats;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** How many lanes are left to a choice. */
final class LaneCountsTest {
  private static final long WINDOW = 250_000_000;
  private static final WorkKind SMALL = new WorkKind("m", 1);
  private static final WorkKind LARGE = new WorkKind("m", 5);

  private final List<Integer> used = new ArrayList<>();
  private final Set<Plan.Route> routes = EnumSet.noneOf(Plan.Route.class);
  private int lanes = 8; // of each device
  private int devices = 1;
  private Set<Device> failed = Set.of();
  private boolean exhausted;

  /** All that is asked of it. */
  private final ParallelismStrategy strategy =
      (ParallelismStrategy)
          Proxy.newProxyInstance(
              ParallelismStrategy.class.getClassLoader(),
              new Class<?>[] {ParallelismStrategy.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("apply")) {
                  if (exhausted) {
                    throw new InferenceException(ErrorCode.STREAMS_EXHAUSTED, "as the test wants");
                  }
                  routes.add(((Plan) arguments[0]).route());
                  lanes = ((Plan) arguments[0]).lanes();
                  used.add(lanes);
                  return null;
                }
                if (method.getName().equals("failedDevices")) {
                  return failed;
                }
                int all = lanes * (devices - failed.size());
                return new StrategyStats(all, all, 0, 0, 0, null);
              });

  private LaneCounts counts(int most) {
    lanes = most;
    return new LaneCounts(devices, most, 1, 1);
  }

  private static LoadSample sample(WorkKind kind, double inFlight, double rowsPerSecond) {
    long rows = (long) (rowsPerSecond * WINDOW / 1e9);
    return new LoadSample(kind, Choice.THREADS, inFlight, rows, rows, WINDOW, 1000);
  }

  private boolean look(LaneCounts counts, LoadSample... window) {
    return counts.look(Choice.THREADS, strategy, List.of(window));
  }

  private int shown(
      LaneCounts counts, int windows, double inFlight, IntToDoubleFunction rowsPerSecond) {
    int shown = 0;
    for (int i = 0; i < windows; i++) {
      shown += look(counts, sample(SMALL, inFlight, rowsPerSecond.applyAsDouble(lanes))) ? 1 : 0;
    }
    return shown;
  }

  /** Fastest with 4: 8 lanes give 70% of that. */
  private static double falling(int lanes) {
    return lanes <= 4 ? 10_000 * lanes : 40_000 - 3_000 * (lanes - 4);
  }

  @Test
  void look_moreLanesAreSlower_takesThemAway() {
    LaneCounts counts = counts(8);
    shown(counts, 200, 32, LaneCountsTest::falling);
    assertThat(lanes).isBetween(3, 5);
  }

  @Test
  void look_severalDevices_takesThemAwayFromEach() {
    devices = 3;
    LaneCounts counts = counts(8);
    shown(counts, 200, 64, LaneCountsTest::falling);
    assertThat(lanes).isBetween(3, 5);
  }

  @Test
  void look_aDeviceHasFailed_changesNothingForThat() {
    devices = 2;
    LaneCounts counts = counts(8);
    failed = Set.of(Device.cuda(1));
    shown(counts, 2_000, 32, n -> 10_000 * n);
    assertThat(used).isNotEmpty().contains(4); // as with one device
    assertThat(lanes).isEqualTo(8);
  }

  @Test
  void look_moreLanesAreFaster_leavesThemAndTriesRarely() {
    LaneCounts counts = counts(8);
    int shown = shown(counts, 2_000, 32, n -> 10_000 * n);
    assertThat(lanes).isEqualTo(8);
    assertThat(used).isNotEmpty().contains(4);
    assertThat(shown).isGreaterThan(1_900);
  }

  @Test
  void look_whileOthersAreTried_showsNothing() {
    LaneCounts counts = counts(8);
    for (int i = 0; i < 100; i++) {
      boolean all = lanes == 8;
      boolean shows = look(counts, sample(SMALL, 32, 10_000 * lanes));
      assertThat(shows && !all).isFalse();
    }
  }

  /** A plan of another route would say how many rows a batch may have. */
  @Test
  void look_batches_changesTheirLanesAndNothingElse() {
    LaneCounts counts = counts(8);
    for (int i = 0; i < 200; i++) {
      long rows = (long) (falling(lanes) / 4);
      LoadSample batched = new LoadSample(SMALL, Choice.BATCHING, 32, rows, rows, WINDOW, 1000);
      counts.look(Choice.BATCHING, strategy, List.of(batched));
    }
    assertThat(lanes).isBetween(3, 5);
    assertThat(routes).containsExactly(Plan.Route.DIRECT);
  }

  @Test
  void look_lanesCannotBeHad_goesOn() {
    LaneCounts counts = counts(8);
    exhausted = true;
    assertThat(shown(counts, 200, 32, LaneCountsTest::falling)).isEqualTo(200);
    assertThat(lanes).isEqualTo(8);
  }

  @Test
  void look_busyNowAndThen_triesNothing() {
    LaneCounts counts = counts(8);
    for (int i = 0; i < 20; i++) {
      shown(counts, 39, 32, LaneCountsTest::falling);
      shown(counts, 1, 8, LaneCountsTest::falling);
    }
    assertThat(used).isEmpty();
  }

  @Test
  void look_notTenSecondsYet_triesNothing() {
    LaneCounts counts = counts(8);
    assertThat(shown(counts, 39, 32, LaneCountsTest::falling)).isEqualTo(39);
    assertThat(used).isEmpty();
  }

  @Test
  void look_lanesAreNotAllBusy_triesNothing() {
    LaneCounts counts = counts(8);
    shown(counts, 500, 8, LaneCountsTest::falling);
    assertThat(used).isEmpty();
  }

  @Test
  void look_fewLanes_triesNothing() {
    LaneCounts counts = counts(3);
    shown(counts, 500, 32, LaneCountsTest::falling);
    assertThat(used).isEmpty();
  }

  @Test
  void look_workersElsewhere_triesNothing() {
    LaneCounts counts = counts(8);
    for (int i = 0; i < 500; i++) {
      LoadSample there = new LoadSample(SMALL, Choice.PROCESSES, 32, 900, 900, WINDOW, 1000);
      assertThat(counts.look(Choice.PROCESSES, strategy, List.of(there))).isTrue();
    }
    assertThat(used).isEmpty();
  }

  @Test
  void look_anotherKindComes_allLanesAreBack() {
    LaneCounts counts = counts(8);
    shown(counts, 200, 32, LaneCountsTest::falling);
    assertThat(lanes).isLessThan(8);
    look(counts, sample(LARGE, 32, 10_000));
    assertThat(lanes).isEqualTo(8);
  }

  @Test
  void look_severalKinds_triesNothing() {
    LaneCounts counts = counts(8);
    for (int i = 0; i < 500; i++) {
      assertThat(look(counts, sample(SMALL, 32, 10_000), sample(LARGE, 32, 9_000))).isTrue();
    }
    assertThat(used).isEmpty();
  }
}
