package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.ServiceLoader;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

final class NoSkippedTestsTest {
  /** Run by hand below, and never by the build, which leaves nested classes out. */
  static final class Sample {
    @Test
    void good() {
      assertThat(FakeModels.source("square").path()).isAbsolute();
    }

    @Test
    void abortive() {
      Assumptions.abort("no GPU here");
    }

    @Test
    @EnabledIfSystemProperty(named = "io.mpsparallel.nosuch", matches = "never")
    void disabled() {
      assertThat(System.getProperty("io.mpsparallel.nosuch")).isNotNull();
    }
  }

  private static void run(String method) {
    LauncherConfig alone =
        LauncherConfig.builder()
            .enableLauncherSessionListenerAutoRegistration(false)
            .addLauncherSessionListeners(new NoSkippedTests())
            .build();
    try (LauncherSession session = LauncherFactory.openSession(alone)) {
      session
          .getLauncher()
          .execute(
              LauncherDiscoveryRequestBuilder.request()
                  .selectors(selectMethod(Sample.class, method))
                  .build());
    }
  }

  @Test
  void session_allRan_passes() {
    assertThatCode(() -> run("good")).doesNotThrowAnyException();
  }

  @Test
  void session_oneGaveUp_fails() {
    assertThatThrownBy(() -> run("abortive"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("abortive")
        .hasMessageContaining("no GPU here");
  }

  @Test
  void session_oneDisabled_fails() {
    assertThatThrownBy(() -> run("disabled"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("disabled");
  }

  @Test
  void listener_onTheClassPath_isFoundByJUnit() {
    assertThat(ServiceLoader.load(LauncherSessionListener.class))
        .hasAtLeastOneElementOfType(NoSkippedTests.class);
  }
}
