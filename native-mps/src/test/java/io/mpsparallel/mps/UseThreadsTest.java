package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ThreadSettings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many threads libtorch and the linear-algebra library use, as they say themselves. */
@SuppressWarnings("try") // scopes are left, not read
final class UseThreadsTest {
  private final TorchBackend backend = TorchBackend.open(BackendSettings.DEFAULTS);
  private final ExecutorService lane = Executors.newSingleThreadExecutor();

  @AfterEach
  void close() {
    lane.shutdown();
    backend.close();
  }

  private int threadsInside(Stream stream) {
    return onLane(
        () -> {
          try (Stream.Scope inside = stream.enter()) {
            return torch.get_num_threads();
          }
        });
  }

  private <T> T onLane(java.util.function.Supplier<T> task) {
    return CompletableFuture.supplyAsync(task, lane).join();
  }

  @Test
  void useThreads_nextEnterOfAKnownThread_followsIt() {
    try (Stream stream = backend.acquireStream(Device.CPU)) {
      for (int threads : new int[] {3, 1, 2}) {
        backend.useThreads(new ThreadSettings(threads, ThreadSettings.AUTO));
        assertThat(threadsInside(stream)).isEqualTo(threads);
      }
    }
  }

  @Test
  void useThreads_whileAThreadIsInside_holdsFromItsNextEnter() {
    backend.useThreads(new ThreadSettings(2, 1));
    try (Stream stream = backend.acquireStream(Device.CPU)) {
      Stream.Scope inside = onLane(stream::enter);
      backend.useThreads(new ThreadSettings(3, 1));
      assertThat(onLane(torch::get_num_threads)).isEqualTo(2);
      onLane(
          () -> {
            inside.close();
            return true;
          });
      assertThat(threadsInside(stream)).isEqualTo(3);
    }
  }

  @Test
  void useThreads_deviceThatIsOpenedLater_followsIt() {
    backend.useThreads(new ThreadSettings(3, 1)); // no device is open yet
    try (Stream stream = backend.acquireStream(Device.CPU)) {
      assertThat(threadsInside(stream)).isEqualTo(3);
    }
    assertThat(backend.report().facts()).containsEntry("intra-op threads", "3");
  }

  @Test
  void useThreads_blas_followsAtOnce() {
    backend.useThreads(new ThreadSettings(1, 2));
    assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(2);
    backend.useThreads(new ThreadSettings(1, ThreadSettings.AUTO));
    assertThat(openblas_nolapack.blas_get_num_threads()).isEqualTo(1);
    assertThat(backend.report().facts()).containsEntry("blas threads", "1");
  }

  @Test
  void useThreads_blasOfTheOnlyBackend_changesQuietly() {
    backend.useThreads(new ThreadSettings(1, 1));
    assertThat(logged(() -> backend.useThreads(new ThreadSettings(1, 2)))).isEmpty();
  }

  @Test
  void useThreads_blasOfSeveralBackends_warnsWhileTheyAreOpen() {
    backend.useThreads(new ThreadSettings(1, 1));
    ThreadSettings two = new ThreadSettings(1, 2);
    try (TorchBackend other = TorchBackend.open(BackendSettings.DEFAULTS.withThreads(two))) {
      assertThat(logged(() -> other.useThreads(two))).isEmpty();
      assertThat(logged(() -> backend.useThreads(new ThreadSettings(1, 1))))
          .contains("WARN", "BLAS threads: 2 -> 1");
    }
    assertThat(logged(() -> backend.useThreads(two))).isEmpty();
  }

  private static String logged(Runnable action) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
