package io.mpsparallel.processes;

import static io.mpsparallel.processes.RealPool.inferred;
import static io.mpsparallel.processes.RealPool.submitted;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Launch;
import io.mpsparallel.settings.ProcessSettings.Limits;
import io.mpsparallel.settings.ProcessSettings.Restart;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workers are killed and stopped all the time, and nobody notices but by the clock. */
@Timeout(180)
class ChaosTest {
  private static final int WORKERS = 3;
  private static final int CALLERS = 4;
  private static final int ROUNDS = 9;
  private static final int LEAST_REQUESTS = 3_000;

  @TempDir Path directory;

  private static ExecutorSettings settings() {
    ExecutorSettings settings = RealWorkers.settings(WORKERS);
    Launch launch = settings.processes().launch();
    ProcessSettings processes =
        settings
            .processes()
            .withLaunch(
                new Launch(launch.heapBytes(), Duration.ofSeconds(10), false, launch.cache()))
            .withLimits(new Limits(Duration.ofSeconds(60), Duration.ofSeconds(1), 0, 0))
            .withRestart(new Restart(Duration.ofMillis(10), Duration.ofMillis(500), 100));
    return settings.withProcesses(processes);
  }

  @Test
  void requests_whileWorkersAreKilledAndStopped_areAllAnsweredOnce() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger answers = new AtomicInteger();
    AtomicInteger requests = new AtomicInteger();
    try (RealPool pool = new RealPool(settings(), directory);
        LoadedModel square = pool.load("square")) {
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int caller = i;
        callers.add(
            CompletableFuture.runAsync(
                () -> call(square, caller, over, requests, answers),
                task -> new Thread(task, "caller").start()));
      }
      for (int round = 0; round < ROUNDS || requests.get() < LEAST_REQUESTS; round++) {
        sabotage(round);
      }
      over.set(true);
      CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
      assertThat(pool.executor().stats().served()).isEqualTo(requests.get());
    }
    assertThat(answers).hasValue(requests.get());
    assertThat(RealPool.leftovers()).isEmpty();
  }

  /** Infers and submits in turns, and checks every answer. */
  private static void call(
      LoadedModel square,
      int caller,
      AtomicBoolean over,
      AtomicInteger requests,
      AtomicInteger answers) {
    for (int i = 0; !over.get(); i++) {
      float value = caller * 1000 + i % 1000;
      requests.incrementAndGet();
      if (i % 2 == 0) {
        assertThat(inferred(square, value)).isEqualTo(value * value);
        answers.incrementAndGet();
      } else {
        CompletableFuture<Float> future =
            submitted(square, value).thenApply(y -> count(answers, y));
        assertThat(future.join()).isEqualTo(value * value);
      }
    }
  }

  private static float count(AtomicInteger answers, float answer) {
    answers.incrementAndGet();
    return answer;
  }

  /** Kills a worker, or every third time stops one, and waits until others have its place. */
  private static void sabotage(int round) throws IOException, InterruptedException {
    FakeLauncher.await(() -> RealPool.children().size() == WORKERS);
    List<ProcessHandle> children = RealPool.children();
    boolean stops = round % 3 == 2; // the oldest, which serves: it is missed within a second
    ProcessHandle victim = stops ? oldest(children) : children.get(round % children.size());
    String signal = stops ? "-STOP" : "-KILL";
    new ProcessBuilder("kill", signal, String.valueOf(victim.pid())).start().waitFor();
    FakeLauncher.await(() -> !victim.isAlive());
  }

  private static ProcessHandle oldest(List<ProcessHandle> children) {
    return children.stream()
        .min(Comparator.comparing(child -> child.info().startInstant().orElseThrow()))
        .orElseThrow();
  }
}
