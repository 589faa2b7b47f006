package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the weights of all models may take. */
@Timeout(60)
final class ModelMemoryTest {
  @TempDir private Path folder;

  private ModelSource square;
  private ModelSource add;
  private long bytes; // of the square

  @BeforeEach
  void write() throws IOException {
    square = ModelSource.of(FakeModels.write(folder, "square"));
    add = ModelSource.of(FakeModels.write(folder, "add"));
    bytes = Files.size(square.path());
  }

  private static ExecutorSettings limited(long limit) {
    return ExecutorSettings.DEFAULTS
        .withStrategy("single")
        .withResilience(ResilienceSettings.DEFAULTS.withModelMemory(limit));
  }

  private static InferenceExecutor open(long limit) {
    return InferenceExecutor.builder()
        .settings(limited(limit))
        .backend(new FakeBackendProvider())
        .strategy(new SingleLaneProvider())
        .build();
  }

  private static void assertNoRoom(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InferenceException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY);
              assertThat(e).hasMessageContaining("resilience.model-memory");
            });
  }

  private static void assertServes(LoadedModel model) {
    try (Tensor three = Tensor.of(new float[] {3}, 1);
        InferenceResult result = model.infer(three)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
    }
  }

  private static long taken(InferenceExecutor executor) {
    return executor.snapshot().places().get(0).modelBytes();
  }

  @Test
  void load_exactlyWhatIsLeft_loads() {
    try (InferenceExecutor executor = open(bytes);
        LoadedModel model = executor.load(square)) {
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
    }
  }

  @Test
  void load_moreThanIsLeft_failsAndWhatIsLoadedServesOn() {
    try (InferenceExecutor executor = open(bytes + 1);
        LoadedModel model = executor.load(square)) {
      assertNoRoom(() -> executor.load(add));
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
    }
  }

  @Test
  void load_afterAnotherWasClosed_loads() {
    try (InferenceExecutor executor = open(bytes)) {
      executor.load(square).close();
      assertThat(taken(executor)).isZero();
      try (LoadedModel model = executor.load(square)) {
        assertServes(model);
      }
    }
  }

  @Test
  void load_fileThatIsDamaged_takesNothing() throws IOException {
    Files.writeString(square.path(), "no model at all, and longer than a model would be");
    try (InferenceExecutor executor = open(1000)) {
      assertThatThrownBy(() -> executor.load(square)).isInstanceOf(InferenceException.class);
      assertThat(taken(executor)).isZero();
    }
  }

  private static final Device FIRST = Device.cuda(0);
  private static final Device SECOND = Device.cuda(1);

  @Test
  void load_largerThanWhatTheDeviceHasFree_failsBeforeItIsLoaded() {
    try (FakeBackend fake = FakeBackend.asynchronous();
        InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(ExecutorSettings.DEFAULTS.withStrategy("single"))
                .backend(fake)
                .strategy(new SingleLaneProvider())
                .build()) {
      fake.freeMemory(FIRST, bytes - 1);
      assertThatThrownBy(() -> executor.load(square))
          .isInstanceOfSatisfying(
              InferenceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY))
          .hasMessageContaining("about " + bytes + " bytes")
          .hasMessageContaining("cuda:0 has " + (bytes - 1) + " of " + (8L << 30) + " bytes free");
      assertThat(fake.counts().total(Kind.MODELS)).isZero();
      assertThat(taken(executor)).isZero();

      fake.freeMemory(FIRST, bytes);
      try (LoadedModel model = executor.load(square)) {
        fake.freeMemory(FIRST, 0);
        assertThatThrownBy(() -> model.swap(square)).hasMessageContaining("OUT_OF_MEMORY");
        assertServes(model);
      }
    }
  }

  /** Keeps requests nowhere: only models come here. */
  private static final class OnSeveral implements StrategyProvider {
    @Override
    public String id() {
      return "several";
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      return (ParallelismStrategy)
          Proxy.newProxyInstance(
              ParallelismStrategy.class.getClassLoader(),
              new Class<?>[] {ParallelismStrategy.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "id" -> "several";
                    case "drain" -> true;
                    case "failedDevices" -> Set.of();
                    case "stats" -> new StrategyStats(0, 0, 0, 0, 0);
                    case "decisions" -> List.of();
                    default -> null;
                  });
    }
  }

  private static InferenceExecutor onTwo(FakeBackend fake, long limit) {
    return InferenceExecutor.builder()
        .settings(limited(limit).withStrategy("several").withDevice("cuda:0..1"))
        .backend(fake)
        .strategy(new OnSeveral())
        .build();
  }

  private static FakeBackend two() {
    return FakeBackend.builder().asynchronous().devices(FIRST, SECOND).build();
  }

  @Test
  void load_onSeveralDevices_countsOnEachAndIsFreedOnEach() {
    try (FakeBackend fake = two();
        InferenceExecutor executor = onTwo(fake, 2 * bytes)) {
      LoadedModel model = executor.load(square);
      assertThat(fake.counts().open(Kind.MODELS)).isEqualTo(2);
      assertThat(executor.snapshot().places().get(0).devices())
          .containsExactly(
              new ExecutorSnapshot.OfDevice("cuda:0", false, bytes),
              new ExecutorSnapshot.OfDevice("cuda:1", false, bytes));
      assertThat(executor.snapshot().places().get(0).device()).isEqualTo("cuda:0,cuda:1");
      assertThat(executor.devices()).containsExactly(FIRST, SECOND);
      assertThat(taken(executor)).isEqualTo(2 * bytes);
      model.close();
      assertThat(fake.counts().open(Kind.MODELS)).isZero();
      assertThat(taken(executor)).isZero();
    }
  }

  @Test
  void load_noRoomOnTheSecondDevice_isOnNone() {
    try (FakeBackend fake = two();
        InferenceExecutor executor = onTwo(fake, 2 * bytes)) {
      fake.freeMemory(FIRST, bytes);
      fake.freeMemory(SECOND, bytes - 1);
      assertThatThrownBy(() -> executor.load(square))
          .hasMessageContaining("OUT_OF_MEMORY")
          .hasMessageContaining("cuda:1 has");
      assertThat(fake.counts().total(Kind.MODELS)).isEqualTo(1);
      assertThat(fake.counts().open(Kind.MODELS)).isZero();
      assertThat(taken(executor)).isZero();
    }
  }

  @Test
  void single_severalDevices_isRefused() {
    try (FakeBackend fake = two()) {
      assertThatThrownBy(
              () ->
                  InferenceExecutor.builder()
                      .settings(limited(1).withDevice("cuda:all"))
                      .backend(fake)
                      .strategy(new SingleLaneProvider())
                      .build())
          .hasMessageContaining("CONFIG_INVALID: device: 'cuda:0,cuda:1' (expected: one device");
    }
  }

  @Test
  void swap_bothVersionsDoNotFit_failsAndTheFirstServesOn() {
    try (InferenceExecutor executor = open(2 * bytes - 1);
        LoadedModel model = executor.load(square)) {
      assertNoRoom(() -> model.swap(square));
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
      executor.reconfigure(limited(2 * bytes));
      model.swap(square);
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
    }
  }
}
