package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.settings.BackendSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Correct use, under many threads, breaks no rule. The fake has a gate, as Apple's GPU needs. */
final class MpsRulesOverFakeTest extends FakeContract {
  private FakeBackend fake;

  @Override
  protected Backend open(BackendSettings settings) {
    return MpsRulesBackend.reporting(
        observer -> {
          fake = FakeBackend.builder().apple().settings(settings).observer(observer).build();
          return fake;
        });
  }

  @Test
  void capabilities_watched_areThoseOfAnAppleGpu() {
    Capabilities facts = backend.capabilities(device);
    assertThat(facts.concurrentForwards()).isEqualTo(1);
    assertThat(facts.callerThreads()).isFalse();
    assertThat(facts.asynchronous()).isTrue();
    assertThat(facts.depth()).isEqualTo(2);
  }

  @AfterEach
  void assertNothingBroken() {
    backend.close(); // which throws if a rule was broken
    fake.counts().assertNothingOpen();
    assertThat(fake.counts().highWater(FakeCounts.Kind.ENCODES)).isLessThanOrEqualTo(1);
  }
}
