package io.mpsparallel.threads;

import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;

/** Two lanes with eight streams each. */
final class ThreadsManyStreamsTest extends ThreadsContract {
  ThreadsManyStreamsTest() {
    super(2, 8);
  }

  @Override
  protected ExecutorSettings settings() {
    return super.settings().withBackendSettings(manyStreams());
  }

  @Override
  protected ExecutorSettings oneLane() {
    return super.oneLane().withBackendSettings(manyStreams());
  }

  private static BackendSettings manyStreams() {
    return BackendSettings.DEFAULTS.withStreams(StreamSettings.DEFAULTS.withCapacity(255));
  }

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().asynchronous();
  }
}
