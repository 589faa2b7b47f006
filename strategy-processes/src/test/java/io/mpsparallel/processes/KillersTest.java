package io.mpsparallel.processes;

import static io.mpsparallel.processes.RealPool.inferred;
import static io.mpsparallel.processes.RealPool.submitted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ProcessSettings.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that kill their process: their caller gets an error, others are served. */
@Timeout(120)
class KillersTest {
  @TempDir Path directory;

  @AfterEach
  void lookForLeftovers() {
    assertThat(RealPool.leftovers()).isEmpty();
  }

  /** Calls a killer while others are served, and gives what the killer's caller is told. */
  private InferenceException failureOf(String killer, ExecutorSettings settings) {
    try (RealPool pool = new RealPool(settings, directory);
        LoadedModel square = pool.load("square");
        LoadedModel deadly = pool.load(killer)) {
      List<CompletableFuture<Float>> others = new ArrayList<>();
      CompletableFuture<Float> victim = submitted(deadly, 1);
      for (int i = 0; i < 20; i++) {
        others.add(submitted(square, i));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(others.get(i).join()).isEqualTo(i * i);
      }
      Throwable thrown = catchThrowable(victim::join);
      assertThat(inferred(square, 7)).isEqualTo(49);
      assertThat(pool.executor().stats().replaced()).isEqualTo(2);
      assertThat(thrown.getCause()).isInstanceOf(InferenceException.class);
      return (InferenceException) thrown.getCause();
    }
  }

  private static ExecutorSettings limits(Duration request, long memoryBytes) {
    ExecutorSettings settings = RealWorkers.settings(2);
    Limits limits = new Limits(request, Duration.ofSeconds(5), memoryBytes, 0);
    return settings.withProcesses(settings.processes().withLimits(limits));
  }

  @Test
  void segmentationFault_isToldWithTheJvmsReport() {
    assertThat(failureOf("crashing", RealWorkers.settings(2)))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("SIGSEGV")
        .hasMessageContaining("hs_err_");
  }

  @Test
  void abort_isTold() {
    assertThat(failureOf("aborting", RealWorkers.settings(2)))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("SIGABRT");
  }

  @Test
  void exit_isTold() {
    assertThat(failureOf("exiting", RealWorkers.settings(2)))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("exited with status 3");
  }

  @Test
  void forwardWithoutEnd_isTold() {
    assertThat(failureOf("endless", limits(Duration.ofSeconds(1), 0)))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("processes.limits.request");
  }

  @Test
  void memoryWithoutEnd_isTold() {
    assertThat(failureOf("greedy", limits(Duration.ofSeconds(60), 256L << 20)))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("processes.limits.memory");
  }

  @Test
  void blockedCaller_ofAKiller_isToldAsWell() {
    try (RealPool pool = new RealPool(RealWorkers.settings(2), directory);
        LoadedModel deadly = pool.load("crashing");
        LoadedModel square = pool.load("square")) {
      assertThatThrownBy(() -> inferred(deadly, 1))
          .isInstanceOfSatisfying(
              InferenceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_QUARANTINED));
      assertThat(inferred(square, 3)).isEqualTo(9);
    }
  }

  /** Several are on the GPU at once when one of them makes it unusable. */
  @Test
  void deviceSideAsserts_failAloneAndThePoolRecovers() {
    ExecutorSettings settings =
        RealWorkers.settings(2).withLanes(LaneSettings.DEFAULTS.withDepth(4));
    try (RealPool pool = new RealPool(settings, directory, new PoisonedProvider());
        LoadedModel lookUp = pool.load("lookup")) {
      List<CompletableFuture<Float>> all = new ArrayList<>();
      for (int i = 0; i < 2 * PoisonedProvider.POISON; i++) {
        all.add(submitted(lookUp, i));
      }
      CompletableFuture<Float> culprit = all.remove(PoisonedProvider.POISON);
      Throwable thrown = catchThrowable(culprit::join);
      assertThat(thrown)
          .hasMessageContaining("REQUEST_QUARANTINED: ")
          .hasMessageContaining("DEVICE_FAILED: device-side assert");
      for (int i = 0; i < all.size(); i++) {
        float value = i < PoisonedProvider.POISON ? i : i + 1;
        assertThat(all.get(i).join()).isEqualTo(value * value);
      }
      assertThat(pool.executor().stats().replaced()).isBetween(2L, 3L);
      assertThat(inferred(lookUp, 7)).isEqualTo(49);
    }
  }

  @Test
  void engineThatSaysItIsUnusable_isTold() {
    assertThat(failureOf("broken", RealWorkers.settings(2)))
        .hasMessageStartingWith("REQUEST_QUARANTINED: ")
        .hasMessageContaining("its engine is unusable: DEVICE_FAILED: unusable from now on");
  }
}
