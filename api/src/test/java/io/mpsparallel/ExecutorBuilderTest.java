package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
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
