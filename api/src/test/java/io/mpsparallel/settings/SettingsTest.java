package io.mpsparallel.settings;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.settings.QueueSettings.WhenFull;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The ranges of each record: the last good value on both sides, and the first bad one. */
class SettingsTest {
  private static final Duration ZERO = Duration.ZERO;
  private static final Duration TICK = Duration.ofNanos(1);
  private static final Duration NEGATIVE = Duration.ofNanos(-1);

  private static void assertRefused(ThrowingCallable make, String message) {
    assertFails(ErrorCode.CONFIG_INVALID, make, message);
  }

  private static void assertNull(ThrowingCallable make, String name) {
    assertThatThrownBy(make).isInstanceOf(NullPointerException.class).hasMessage(name);
  }

  // ---- executor ----

  private static final QueueSettings QUEUE = new QueueSettings(5, TICK, WhenFull.CALLER_RUNS);
  private static final LaneSettings LANES = new LaneSettings(2, 3, TICK);
  private static final BatchingSettings BATCHES = BatchingSettings.DEFAULTS.withOver("x");
  private static final AdaptiveSettings ADAPTIVE = AdaptiveSettings.DEFAULTS.withChoices("threads");
  private static final ResilienceSettings PLACES = ResilienceSettings.DEFAULTS.withRetries(0);
  private static final ProcessSettings WORKERS = ProcessSettings.DEFAULTS.withWorkers(2);

  private static ExecutorSettings executor(
      QueueSettings queue, LaneSettings lanes, Duration deadline, int window) {
    return new ExecutorSettings(
        "a",
        "b",
        "c",
        queue,
        lanes,
        BATCHES,
        WORKERS,
        ADAPTIVE,
        PLACES,
        deadline,
        window,
        BackendSettings.DEFAULTS);
  }

  private static ExecutorSettings executor(Duration deadline, int window) {
    return executor(QUEUE, LANES, deadline, window);
  }

  @Test
  void executor_valuesAtTheBounds_areAccepted() {
    assertThat(executor(TICK, 1).deadline()).isEqualTo(TICK);
    assertThat(executor(ExecutorSettings.NO_DEADLINE, 1 << 20).mapWindow()).isEqualTo(1 << 20);
  }

  @Test
  void executor_valuesBeyondTheBounds_areRefused() {
    assertRefused(() -> executor(ZERO, 1), "deadline: PT0S (expected: more than 0)");
    assertRefused(() -> executor(NEGATIVE, 1), "deadline: PT-0.000000001S");
    assertRefused(() -> executor(TICK, 0), "map.window: 0 (expected: 1..1048576)");
    assertRefused(() -> executor(TICK, (1 << 20) + 1), "map.window: 1048577");
  }

  @Test
  void executor_nulls_areRefused() {
    ExecutorSettings d = ExecutorSettings.DEFAULTS;
    assertNull(() -> d.withStrategy(null), "strategy");
    assertNull(() -> d.withDevice(null), "device");
    assertNull(() -> d.withQueue(null), "queue");
    assertNull(() -> d.withQueue(1, null), "patience");
    assertNull(() -> d.withLanes(null), "lanes");
    assertNull(() -> d.withBatching(null), "batching");
    assertNull(() -> d.withBackendSettings(null), "backendSettings");
    assertNull(() -> executor(null, 1), "deadline");
    assertNull(
        () ->
            new ExecutorSettings(
                "a",
                null,
                "c",
                QUEUE,
                LANES,
                BATCHES,
                WORKERS,
                ADAPTIVE,
                PLACES,
                TICK,
                1,
                BackendSettings.DEFAULTS),
        "backend");
  }

  @Test
  void executor_withOnePart_changesThatPartAlone() {
    ExecutorSettings d = executor(TICK, 7);
    BackendSettings b = BackendSettings.DEFAULTS;
    BackendSettings engine = b.withTimeouts(TICK, TICK);
    assertThat(d.withStrategy("s"))
        .isEqualTo(
            new ExecutorSettings(
                "s", "b", "c", QUEUE, LANES, BATCHES, WORKERS, ADAPTIVE, PLACES, TICK, 7, b));
    assertThat(d.withDevice("mps"))
        .isEqualTo(
            new ExecutorSettings(
                "a", "b", "mps", QUEUE, LANES, BATCHES, WORKERS, ADAPTIVE, PLACES, TICK, 7, b));
    assertThat(d.withQueue(QueueSettings.DEFAULTS))
        .isEqualTo(executor(QueueSettings.DEFAULTS, LANES, TICK, 7));
    assertThat(d.withQueue(6, ZERO))
        .isEqualTo(executor(new QueueSettings(6, ZERO, WhenFull.CALLER_RUNS), LANES, TICK, 7));
    assertThat(d.withLanes(LaneSettings.DEFAULTS))
        .isEqualTo(executor(QUEUE, LaneSettings.DEFAULTS, TICK, 7));
    assertThat(d.withBatching(BatchingSettings.DEFAULTS).batching())
        .isEqualTo(BatchingSettings.DEFAULTS);
    assertThat(d.withBatching(BatchingSettings.DEFAULTS).withBatching(BATCHES)).isEqualTo(d);
    assertThat(d.withBackendSettings(engine))
        .isEqualTo(
            new ExecutorSettings(
                "a", "b", "c", QUEUE, LANES, BATCHES, WORKERS, ADAPTIVE, PLACES, TICK, 7, engine));
  }

  // ---- batching ----

  private static BatchingSettings batching(int rows, long bytes, Duration delay) {
    return BatchingSettings.DEFAULTS.withMost(rows, bytes).withMaxDelay(delay);
  }

  @Test
  void batching_values_haveBounds() {
    assertThat(batching(1, 1, ZERO).maxRows()).isEqualTo(1);
    assertThat(batching(65536, Integer.MAX_VALUE, Duration.ofSeconds(10)).maxRows()).isPositive();
    assertRefused(() -> batching(0, 1, ZERO), "batching.max-rows: 0 (expected: 1..65536)");
    assertRefused(() -> batching(65537, 1, ZERO), "batching.max-rows: 65537");
    assertRefused(() -> batching(1, 0, ZERO), "batching.max-bytes: 0 (expected: 1..2147483647)");
    assertRefused(() -> batching(1, 1L << 31, ZERO), "batching.max-bytes: 2147483648");
    assertRefused(() -> batching(1, 1, NEGATIVE), "batching.max-delay: PT-0.000000001S");
    assertRefused(() -> batching(1, 1, Duration.ofMillis(10_001)), "(expected: 0..10s)");
  }

  @Test
  void batching_sizes_rise() {
    BatchingSettings d = BatchingSettings.DEFAULTS;
    assertThat(d.withSizes(BatchSizes.of(1, 8, 64)).sizes().rows()).containsExactly(1, 8, 64);
    assertRefused(
        () -> d.withSizes(BatchSizes.of(0)), "batching.sizes: [0] (expected: rising sizes of 1..");
    assertRefused(() -> d.withSizes(BatchSizes.of(8, 8)), "batching.sizes: [8, 8]");
    assertRefused(() -> d.withSizes(BatchSizes.of(8, 65)), "batching.max-rows, which is 64");
  }

  @Test
  void batchSizes_ofADevice_areChosenOrAFewThatEndWithTheMost() {
    assertThat(BatchSizes.of(2, 8).on(true, 64)).containsExactly(2, 8);
    assertThat(BatchSizes.of(2, 8).on(false, 64)).containsExactly(2, 8);
    assertThat(BatchSizes.ANY.on(true, 64)).isEmpty();
    assertThat(BatchSizes.AUTO.on(false, 64)).isEmpty();
    assertThat(BatchSizes.AUTO.on(true, 1)).containsExactly(1);
    assertThat(BatchSizes.AUTO.on(true, 2)).containsExactly(1, 2);
    assertThat(BatchSizes.AUTO.on(true, 64))
        .containsExactly(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64);
    assertThat(BatchSizes.AUTO.on(true, 50))
        .containsExactly(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 50);
  }

  @Test
  void batchSizes_word_isThatOfTheConfiguration() {
    assertThat(BatchSizes.AUTO).hasToString("auto");
    assertThat(BatchSizes.of(1, 4)).hasToString("[1, 4]");
    assertThat(BatchSizes.of()).isEqualTo(BatchSizes.ANY).hasToString("[]");
    assertRefused(() -> new BatchSizes(true, List.of(1)), "none, if the device decides");
  }

  @Test
  void batching_nulls_areRefused() {
    assertNull(() -> BatchingSettings.DEFAULTS.withOver(null), "over");
    assertNull(() -> BatchingSettings.DEFAULTS.withMaxDelay(null), "maxDelay");
  }

  // ---- queue, lanes ----

  private static QueueSettings queue(int capacity, Duration patience) {
    return new QueueSettings(capacity, patience, WhenFull.WAIT);
  }

  @Test
  void queue_values_haveBounds() {
    assertThat(queue(1, ZERO).patience()).isZero();
    assertThat(queue(1 << 24, TICK).capacity()).isEqualTo(1 << 24);
    assertRefused(() -> queue(0, ZERO), "queue.capacity: 0 (expected: 1..16777216)");
    assertRefused(() -> queue((1 << 24) + 1, ZERO), "queue.capacity: 16777217");
    assertRefused(() -> queue(1, NEGATIVE), "queue.wait: PT-0.000000001S (expected: at least 0)");
    assertNull(() -> queue(1, null), "patience");
    assertNull(() -> QUEUE.withWhenFull(null), "whenFull");
  }

  @Test
  void queue_withWhenFull_changesThatAlone() {
    assertThat(QUEUE.withWhenFull(WhenFull.WAIT)).isEqualTo(queue(5, TICK));
  }

  @Test
  void lanes_values_haveBounds() {
    assertThat(new LaneSettings(0, 0, ZERO).count()).isEqualTo(LaneSettings.AUTO);
    assertThat(new LaneSettings(64, 64, Duration.ofMillis(10)).depth()).isEqualTo(64);
    assertRefused(() -> LANES.withCount(-1), "lanes.count: -1 (expected: 0..64)");
    assertRefused(() -> LANES.withCount(65), "lanes.count: 65");
    assertRefused(() -> LANES.withDepth(-1), "lanes.depth: -1 (expected: 0..64)");
    assertRefused(() -> LANES.withDepth(65), "lanes.depth: 65");
    assertRefused(
        () -> LANES.withSpin(NEGATIVE), "lanes.spin: PT-0.000000001S (expected: 0..10ms)");
    assertRefused(() -> LANES.withSpin(Duration.ofMillis(10).plus(TICK)), "lanes.spin: PT0.0100");
    assertNull(() -> LANES.withSpin(null), "spin");
  }

  @Test
  void lanes_withOnePart_changesThatPartAlone() {
    assertThat(LANES.withCount(7)).isEqualTo(new LaneSettings(7, 3, TICK));
    assertThat(LANES.withDepth(7)).isEqualTo(new LaneSettings(2, 7, TICK));
    assertThat(LANES.withSpin(ZERO)).isEqualTo(new LaneSettings(2, 3, ZERO));
  }

  // ---- engine ----

  private static BackendSettings engine(long pool, Duration event, Duration close) {
    return new BackendSettings(
        ThreadSettings.DEFAULTS,
        StreamSettings.DEFAULTS,
        PathSettings.DEFAULTS,
        pool,
        event,
        close,
        true);
  }

  @Test
  void engine_values_haveBounds() {
    assertThat(engine(0, TICK, TICK).poolBytes()).isZero();
    assertThat(engine(Long.MAX_VALUE, TICK, TICK).poolBytes()).isEqualTo(Long.MAX_VALUE);
    assertRefused(
        () -> engine(-1, TICK, TICK), "memory.pool-bytes: -1 (expected: 0..9223372036854775807)");
    assertRefused(() -> engine(0, ZERO, TICK), "timeouts.event: PT0S (expected: more than 0)");
    assertRefused(() -> engine(0, TICK, ZERO), "timeouts.close: PT0S (expected: more than 0)");
  }

  @Test
  void engine_nulls_areRefused() {
    BackendSettings d = BackendSettings.DEFAULTS;
    assertNull(() -> d.withThreads(null), "threads");
    assertNull(() -> d.withStreams(null), "streams");
    assertNull(() -> d.withPath(null), "path");
    assertNull(() -> d.withTimeouts(null, TICK), "eventTimeout");
    assertNull(() -> d.withTimeouts(TICK, null), "closeTimeout");
  }

  @Test
  void engine_withOnePart_changesThatPartAlone() {
    BackendSettings d = engine(9, TICK, TICK);
    ThreadSettings threads = new ThreadSettings(2, 3);
    StreamSettings streams = StreamSettings.DEFAULTS.withCapacity(4);
    PathSettings path = new PathSettings(PathMode.GRAPH, 5, 6);
    BackendSettings changed =
        d.withThreads(threads).withStreams(streams).withPath(path).withTimeouts(TICK, TICK);
    assertThat(changed).isEqualTo(new BackendSettings(threads, streams, path, 9, TICK, TICK, true));
    Duration second = Duration.ofSeconds(1);
    assertThat(d.withTimeouts(second, TICK)).isEqualTo(engine(9, second, TICK));
    assertThat(d.withTimeouts(TICK, second)).isEqualTo(engine(9, TICK, second));
  }

  // ---- threads, streams, path ----

  @Test
  void threads_values_haveBounds() {
    assertThat(new ThreadSettings(1024, 1024).blas()).isEqualTo(1024);
    assertRefused(() -> new ThreadSettings(-1, 0), "threads.intra-op: -1 (expected: 0..1024)");
    assertRefused(() -> new ThreadSettings(1025, 0), "threads.intra-op: 1025");
    assertRefused(() -> new ThreadSettings(0, -1), "threads.blas: -1 (expected: 0..1024)");
    assertRefused(() -> new ThreadSettings(0, 1025), "threads.blas: 1025");
  }

  @Test
  void threads_auto_followsTheMachineAndIntraOp() {
    int granted = Runtime.getRuntime().availableProcessors();
    assertThat(new ThreadSettings(0, 0).intraOpOrGranted()).isEqualTo(granted);
    assertThat(new ThreadSettings(0, 0).blasOrIntraOp()).isEqualTo(granted);
    assertThat(new ThreadSettings(7, 0).intraOpOrGranted()).isEqualTo(7);
    assertThat(new ThreadSettings(7, 0).blasOrIntraOp()).isEqualTo(7);
    assertThat(new ThreadSettings(7, 5).blasOrIntraOp()).isEqualTo(5);
  }

  private static StreamSettings streams(int capacity, Duration patience, int gate) {
    return new StreamSettings(capacity, patience, CommitMode.EACH, gate);
  }

  @Test
  void streams_values_haveBounds() {
    assertThat(streams(1024, StreamSettings.FOREVER, 1024).capacity()).isEqualTo(1024);
    assertThat(streams(1, ZERO, 0).gateWidth()).isEqualTo(StreamSettings.AUTO);
    assertRefused(() -> streams(-1, ZERO, 0), "streams.capacity: -1 (expected: 0..1024)");
    assertRefused(() -> streams(1025, ZERO, 0), "streams.capacity: 1025");
    assertRefused(
        () -> streams(1, NEGATIVE, 0),
        "streams.when-exhausted: PT-0.000000001S (expected: at least 0)");
    assertRefused(() -> streams(1, ZERO, -1), "streams.gate-width: -1 (expected: 0..1024)");
    assertRefused(() -> streams(1, ZERO, 1025), "streams.gate-width: 1025");
    assertNull(() -> streams(1, null, 0), "patience");
    assertNull(() -> StreamSettings.DEFAULTS.withCommit(null), "commit");
  }

  @Test
  void streams_withOnePart_changesThatPartAlone() {
    StreamSettings d = streams(3, TICK, 4);
    assertThat(d.withCapacity(5)).isEqualTo(streams(5, TICK, 4));
    assertThat(d.withCapacity(5).capacityOr(31)).isEqualTo(5);
    assertThat(d.withCapacity(StreamSettings.AUTO).capacityOr(31)).isEqualTo(31);
    assertThat(d.withPatience(ZERO)).isEqualTo(streams(3, ZERO, 4));
    assertThat(d.withCommit(CommitMode.COALESCE))
        .isEqualTo(new StreamSettings(3, TICK, CommitMode.COALESCE, 4));
  }

  @Test
  void path_values_haveBounds() {
    assertThat(new PathSettings(PathMode.EAGER, -1, 1).thresholdBytes())
        .isEqualTo(PathSettings.DEVICE_DEFAULT);
    assertThat(new PathSettings(PathMode.EAGER, Long.MAX_VALUE, 1 << 20).cacheEntries())
        .isEqualTo(1 << 20);
    assertRefused(
        () -> new PathSettings(PathMode.AUTO, -2, 1),
        "path.threshold-bytes: -2 (expected: -1..9223372036854775807)");
    assertRefused(
        () -> new PathSettings(PathMode.AUTO, 0, 0),
        "path.cache-entries: 0 (expected: 1..1048576)");
    assertRefused(
        () -> new PathSettings(PathMode.AUTO, 0, (1 << 20) + 1), "path.cache-entries: 1048577");
    assertNull(() -> new PathSettings(null, 0, 1), "mode");
  }
}
