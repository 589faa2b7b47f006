package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.mps.GraphCache.Use;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class GraphCacheTest {
  /** A value that counts how often it was closed. */
  private static final class Graph implements AutoCloseable {
    final String name;
    final AtomicInteger closes = new AtomicInteger();

    Graph(String name) {
      this.name = name;
    }

    @Override
    public void close() {
      closes.incrementAndGet();
    }
  }

  private final AtomicInteger builds = new AtomicInteger();

  private Graph build(String key) {
    builds.incrementAndGet();
    return new Graph(key);
  }

  @Test
  void use_sameKey_isBuiltOnce() {
    GraphCache<String, Graph> cache = new GraphCache<>(4);
    Graph first;
    try (Use<Graph> use = cache.use("a", this::build)) {
      first = use.value().orElseThrow();
    }
    try (Use<Graph> use = cache.use("a", this::build)) {
      assertThat(use.value()).containsSame(first);
      assertThat(use.failure()).isEmpty();
    }
    assertThat(builds).hasValue(1);
    assertThat(first.closes).hasValue(0);
  }

  @Test
  void use_sixteenThreadsOneKey_isBuiltOnce() throws Exception {
    GraphCache<String, Graph> cache = new GraphCache<>(4);
    List<Graph> graphs =
        Crowd.run(
            16,
            n -> {
              try (Use<Graph> use = cache.use("shape", this::build)) {
                return use.value().orElseThrow();
              }
            });
    assertThat(graphs).containsOnly(graphs.get(0));
    assertThat(builds).hasValue(1);
  }

  @Test
  void use_sixteenThreadsSixteenKeys_areBuiltSideBySide() throws Exception {
    GraphCache<Integer, Graph> cache = new GraphCache<>(16);
    CountDownLatch allBuilding = new CountDownLatch(16);
    List<String> names =
        Crowd.run(
            16,
            n -> {
              try (Use<Graph> use =
                  cache.use(
                      n,
                      key -> {
                        allBuilding.countDown();
                        Crowd.until(() -> allBuilding.getCount() == 0);
                        return build("g" + key);
                      })) {
                return use.value().orElseThrow().name;
              }
            });
    assertThat(names).doesNotHaveDuplicates().hasSize(16);
    assertThat(cache.size()).isEqualTo(16);
  }

  @Test
  void use_moreKeysThanEntries_evictsTheLeastRecentlyUsed() {
    GraphCache<String, Graph> cache = new GraphCache<>(2);
    Graph a = value(cache, "a");
    Graph b = value(cache, "b");
    value(cache, "a");
    Graph c = value(cache, "c");
    assertThat(cache.size()).isEqualTo(2);
    assertThat(b.closes).hasValue(1);
    assertThat(a.closes).hasValue(0);
    assertThat(c.closes).hasValue(0);
    assertThat(value(cache, "a")).isSameAs(a);
    assertThat(value(cache, "b")).isNotSameAs(b);
  }

  @Test
  void evicted_inUse_isClosedAfterItsLastUse() {
    GraphCache<String, Graph> cache = new GraphCache<>(1);
    Use<Graph> one = cache.use("a", this::build);
    Use<Graph> two = cache.use("a", this::build);
    Graph a = one.value().orElseThrow();
    value(cache, "b");
    assertThat(a.closes).hasValue(0);
    one.close();
    one.close();
    assertThat(a.closes).hasValue(0);
    two.close();
    assertThat(a.closes).hasValue(1);
  }

  @Test
  void use_buildFails_isRememberedUntilEvicted() {
    GraphCache<String, Graph> cache = new GraphCache<>(1);
    for (int i = 0; i < 3; i++) {
      try (Use<Graph> use =
          cache.use(
              "bad",
              key -> {
                builds.incrementAndGet();
                throw new IllegalStateException("cannot capture");
              })) {
        assertThat(use.value()).isEmpty();
        assertThat(use.failure().orElseThrow()).hasMessage("cannot capture");
      }
    }
    assertThat(builds).hasValue(1);
    value(cache, "other");
    assertThat(value(cache, "bad").name).isEqualTo("bad");
  }

  @Test
  void use_buildEndsWithError_isThrownAndNotRemembered() {
    GraphCache<String, Graph> cache = new GraphCache<>(1);
    assertThatThrownBy(
            () ->
                cache.use(
                    "a",
                    key -> {
                      throw new StackOverflowError("deep");
                    }))
        .isInstanceOf(StackOverflowError.class);
    assertThat(cache.size()).isZero();
    assertThat(value(cache, "a").name).isEqualTo("a");
  }

  @Test
  void use_ownKeyInsideItsBuild_isMisuse() {
    GraphCache<String, Graph> cache = new GraphCache<>(2);
    try (Use<Graph> use = cache.use("a", key -> value(cache, "a"))) {
      assertThat(use.failure().orElseThrow()).hasMessageContaining("its own key");
    }
  }

  @Test
  void use_interruptedWhileAnotherBuilds_isCancelledWithFlag() throws Exception {
    GraphCache<String, Graph> cache = new GraphCache<>(2);
    CountDownLatch building = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    AtomicReference<ErrorCode> code = new AtomicReference<>();
    AtomicBoolean flag = new AtomicBoolean();
    Thread builder =
        new Thread(
            () ->
                cache
                    .use(
                        "a",
                        key -> {
                          building.countDown();
                          Crowd.until(() -> finish.getCount() == 0);
                          return build(key);
                        })
                    .close());
    builder.start();
    building.await();
    Thread waiter =
        new Thread(
            () -> {
              try {
                cache.use("a", this::build).close();
              } catch (InferenceException e) {
                code.set(e.code());
                flag.set(Thread.currentThread().isInterrupted());
              }
            });
    waiter.start();
    Crowd.untilWaiting(waiter);
    waiter.interrupt();
    waiter.join();
    finish.countDown();
    builder.join();
    assertThat(code).hasValue(ErrorCode.CANCELLED);
    assertThat(flag).isTrue();
    Graph a = value(cache, "a");
    cache.close();
    assertThat(a.closes).as("the cancelled use was given back").hasValue(1);
  }

  @Test
  void evicted_whileBuilding_isClosedAfterItsUse() {
    GraphCache<String, Graph> cache = new GraphCache<>(1);
    Graph a;
    try (Use<Graph> use =
        cache.use(
            "a",
            key -> {
              value(cache, "b");
              return build(key);
            })) {
      a = use.value().orElseThrow();
      assertThat(a.closes).hasValue(0);
    }
    assertThat(a.closes).hasValue(1);
    assertThat(cache.size()).isEqualTo(1);
  }

  @Test
  void close_idleAndUsed_areAllClosed() {
    GraphCache<String, Graph> cache = new GraphCache<>(4);
    Graph idle = value(cache, "idle");
    Use<Graph> use = cache.use("used", this::build);
    Graph used = use.value().orElseThrow();
    cache.close();
    cache.close();
    assertThat(idle.closes).hasValue(1);
    assertThat(used.closes).hasValue(0);
    use.close();
    assertThat(used.closes).hasValue(1);
    assertFails(ErrorCode.CLOSED, () -> cache.use("idle", this::build));
  }

  @Test
  void use_manyThreadsManyKeys_neverSeesAClosedValue() throws Exception {
    GraphCache<Integer, Graph> cache = new GraphCache<>(3);
    List<Integer> bad =
        Crowd.run(
            8,
            n -> {
              int closed = 0;
              for (int i = 0; i < 500; i++) {
                try (Use<Graph> use = cache.use((i * 7 + n) % 9, key -> build("g" + key))) {
                  closed += use.value().orElseThrow().closes.get();
                }
              }
              return closed;
            });
    assertThat(bad).containsOnly(0);
    assertThat(cache.size()).isEqualTo(3);
  }

  @Test
  void newCache_noEntries_isRejected() {
    assertFails(ErrorCode.CONFIG_INVALID, () -> new GraphCache<String, Graph>(0))
        .contains("cache-entries: 0");
  }

  private Graph value(GraphCache<String, Graph> cache, String key) {
    try (Use<Graph> use = cache.use(key, this::build)) {
      return use.value().orElseThrow(() -> use.failure().orElseThrow());
    }
  }
}
