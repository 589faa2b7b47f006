package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lanes that look only when the source says so miss no request, while others hand them in. */
@Timeout(60)
class BatchSourceStressTest {
  private static final int CLIENTS = 3;
  private static final int LANES = 2; // one more than the source knows of: it rests
  private static final int EACH = 2_000;
  private static final InferenceException ANY =
      new InferenceException(ErrorCode.MODEL_FAILED, "any");

  private final AtomicBoolean retired = new AtomicBoolean();
  private final ModelVersion version = new ModelVersion(Map.of(), () -> retired.set(true));
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile boolean ended;
  private final BatchSource source =
      new BatchSource(
          CLIENTS,
          Ticker.SYSTEM,
          BatchFormer.of(BatchingSettings.DEFAULTS, new Sizes(List.of()), 1, true),
          new Sizes(List.of()),
          any -> Traits.of(Signature.UNKNOWN, true, null),
          () -> {});

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @Test
  void requests_oneAfterAnotherFromEach_areAllServed() throws Exception {
    List<Future<?>> clients = new ArrayList<>();
    List<Future<?>> lanes = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      int width = 1 + i % 2; // two groups
      clients.add(threads.submit(() -> handIn(width)));
    }
    for (int i = 0; i < LANES; i++) {
      lanes.add(threads.submit(this::serve));
    }
    await(clients);
    ended = true;
    await(lanes);
    assertThat(source.size()).isZero();
    assertThat(source.inFlight()).isZero();
    version.release();
    assertThat(retired).as("all are finished").isTrue();
  }

  private static void await(List<Future<?>> calls) throws Exception {
    for (Future<?> call : calls) {
      call.get(50, TimeUnit.SECONDS);
    }
  }

  private void handIn(int width) {
    for (int i = 0; i < EACH; i++) {
      NamedTensors inputs = NamedTensors.of(Tensor.of(new float[width], 1, width));
      WorkItem item = new WorkItem(version, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
      source.offer(item);
      assertThat(source.size()).isBetween(0, CLIENTS);
      item.exceptionally(failure -> null).orTimeout(20, TimeUnit.SECONDS).join();
    }
  }

  /** Every batch fails: halves of it come back. */
  @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than cores
  private void serve() {
    while (!ended) {
      if (source.restNanos() <= 0 && source.poll() instanceof Batch batch) {
        batch.fail(ANY);
      } else {
        Thread.yield();
      }
    }
  }
}
