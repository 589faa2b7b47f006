package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendProvider;
import org.junit.jupiter.api.Test;

/** What is chosen, and what is said about what is not there. */
final class ExecutorBuilderTest {
  private final FakeBackendProvider provider = new FakeBackendProvider();

  private InferenceExecutorBuilder builder(ExecutorSettings settings) {
    return InferenceExecutor.builder()
        .settings(settings)
        .backend(provider)
        .strategy(new SingleLaneProvider());
  }

  private static InferenceException failure(ErrorCode code, InferenceExecutorBuilder builder) {
    try (InferenceExecutor opened = builder.build()) {
      throw new AssertionError("built " + opened);
    } catch (InferenceException e) {
      assertThat(e.code()).isEqualTo(code);
      return e;
    }
  }

  @Test
  void build_unknownStrategy_listsWhatIsInstalled() {
    assertThat(
            failure(
                ErrorCode.NOT_INSTALLED, builder(ExecutorSettings.DEFAULTS.withStrategy("nosuch"))))
        .hasMessageContaining("nosuch")
        .hasMessageContaining("[single]");
    assertThat(provider.opened()).isEmpty();
  }

  @Test
  void build_noBackend_listsNone() {
    InferenceExecutorBuilder none = InferenceExecutor.builder().strategy(new SingleLaneProvider());
    assertThat(failure(ErrorCode.NOT_INSTALLED, none)).hasMessageContaining("[]");
  }

  @Test
  void build_absentDevice_isUnavailableAndClosesTheBackend() {
    assertThat(
            failure(
                ErrorCode.DEVICE_UNAVAILABLE,
                builder(ExecutorSettings.DEFAULTS.withDevice("cuda:3"))))
        .hasMessageContaining("cuda:3")
        .hasMessageContaining("[cpu]");
    assertThat(provider.opened()).allMatch(FakeBackend::isClosed).hasSize(1);
  }

  @Test
  void build_single_givesItsOneLaneAllCpusUnlessTheSettingsSayOtherwise() {
    int cpus = ThreadBudget.grantedCpus();
    BackendSettings engine = BackendSettings.DEFAULTS;
    assertThat(threadsAfterBuild(engine)).isEqualTo(new ThreadSettings(cpus, cpus));
    assertThat(threadsAfterBuild(engine.withThreads(new ThreadSettings(3, 0))))
        .isEqualTo(new ThreadSettings(3, 3));
  }

  private ThreadSettings threadsAfterBuild(BackendSettings engine) {
    ExecutorSettings settings =
        ExecutorSettings.DEFAULTS
            .withBackendSettings(engine)
            .withLanes(LaneSettings.DEFAULTS.withCount(4)); // of no concern to this strategy
    try (InferenceExecutor executor = builder(settings).build()) {
      assertThat(executor.settings()).isEqualTo(settings);
      return provider.opened().get(provider.opened().size() - 1).threads();
    }
  }

  @Test
  void close_backendOpenedByTheBuilder_closesIt() {
    try (InferenceExecutor executor = builder(ExecutorSettings.DEFAULTS).build()) {
      assertThat(executor.strategy()).isEqualTo(SingleLaneProvider.ID);
      assertThat(executor.device()).hasToString("cpu");
      assertThat(executor.report().facts()).containsEntry("engine", "fake");
    }
    assertThat(provider.opened()).hasSize(1).allMatch(FakeBackend::isClosed);
    provider.opened().get(0).counts().assertNothingOpen();
  }
}
