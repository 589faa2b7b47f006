package io.mpsparallel.threads;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Lanes that end while somebody still knows or needs them. */
class CrewTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private static final class Nothing implements WorkSource {
    @Override
    public int size() {
      return 0;
    }

    @Override
    public Job poll() {
      return null;
    }

    @Override
    public long restNanos() {
      return UNTIL_MORE;
    }
  }

  /** One request that is gone as soon as somebody looks for it. */
  private static final class OneLook implements WorkSource {
    private final AtomicBoolean waits = new AtomicBoolean();
    private final CountDownLatch looked = new CountDownLatch(1);

    @Override
    public int size() {
      return waits.get() ? 1 : 0;
    }

    @Override
    public Job poll() {
      if (waits.compareAndSet(true, false)) {
        looked.countDown();
      }
      return null;
    }

    @Override
    public long restNanos() {
      return waits.get() ? 0 : UNTIL_MORE;
    }
  }

  /** Runs something when it is first asked for its device. */
  private record Hooked(Device device, Runnable hook, AtomicBoolean ran) implements Model {
    @Override
    public Device device() {
      if (ran.compareAndSet(false, true)) {
        hook.run();
      }
      return device;
    }

    @Override
    public ModelSource source() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Signature signature() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long weightBytes() {
      return 0;
    }

    @Override
    public Slot newSlot(Stream stream) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  @Test
  void forget_theNumberOfALaneIsGivenAgainMeanwhile_leavesTheNewLaneToItsThread() throws Exception {
    try (FakeBackend backend = FakeBackend.builder().build()) {
      Device cpu = backend.devices().get(0);
      Crew crew = crewOf2(new Nothing(), backend, cpu);
      LaneRunner second = crew.staying().get(1);
      Runnable replace =
          () -> {
            crew.resize(1);
            joined(second.thread());
            List<LaneRunner> fresh = crew.resize(2);
            assertThat(fresh).extracting(LaneRunner::index).containsExactly(second.index());
            fresh.forEach(LaneRunner::start);
            assertThat(quiet(crew)).isTrue();
          };

      crew.forget(new Hooked(cpu, replace, new AtomicBoolean()));

      assertThat(crew.awaitQuiet(LONG)).isTrue();
      assertThat(crew.end(LONG)).isTrue();
    }
  }

  /** Whoever added the request woke the lane that was just told to end. */
  @Test
  void retire_theLaneWokenForARequest_hasAnotherSeeToIt() throws Exception {
    try (FakeBackend backend = FakeBackend.builder().build()) {
      OneLook source = new OneLook();
      Crew crew = crewOf2(source, backend, backend.devices().get(0));
      LaneRunner ending = requireNonNull(crew.claim(0));

      ending.retire();
      source.waits.set(true);
      ending.hand();

      assertThat(source.looked.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(crew.end(LONG)).isTrue();
    }
  }

  /** Whoever asked for it saw the lane a moment before it ended. */
  @Test
  void warmUp_ofALaneThatHasEnded_isOver() throws Exception {
    try (FakeBackend backend = FakeBackend.builder().build()) {
      Device cpu = backend.devices().get(0);
      Crew crew = crewOf2(new Nothing(), backend, cpu);
      LaneRunner seen = crew.staying().get(0);
      assertThat(crew.end(LONG)).isTrue();
      ModelVersion any =
          new ModelVersion(Map.of(cpu, new Hooked(cpu, () -> {}, new AtomicBoolean())), () -> {});

      WarmUpRun run = new WarmUpRun(any, List.of(), backend.capabilities(cpu));
      seen.add(run);
      run.endLane();

      assertThat(run.done()).isCompleted();
    }
  }

  private static Crew crewOf2(WorkSource source, FakeBackend backend, Device device)
      throws InterruptedException {
    Fleet fleet = new Fleet(List.of(device), lost -> {});
    Crew crew =
        new Crew(
            source,
            2,
            false,
            Duration.ZERO,
            new WarmUpTurns(new SharedTraffic(), Ticker.SYSTEM),
            number -> new Lane(List.of(backend.acquireStream(device)), () -> 1, LONG, fleet));
    crew.resize(2).forEach(LaneRunner::start);
    assertThat(crew.awaitQuiet(LONG)).isTrue();
    return crew;
  }

  private static void joined(Thread thread) {
    try {
      thread.join(LONG.toMillis());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(thread.isAlive()).isFalse();
  }

  private static boolean quiet(Crew crew) {
    try {
      return crew.awaitQuiet(LONG);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
