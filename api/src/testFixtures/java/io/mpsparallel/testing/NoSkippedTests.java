package io.mpsparallel.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Makes a test run fail in which a test was disabled, or gave up on an assumption. Whoever has the
 * fixtures on the class path has it: JUnit finds it by its service file.
 *
 * <p>A {@link TestExecutionListener} alone cannot do it, for JUnit only logs what one throws; what
 * is thrown at the end of a session reaches the build.
 */
public final class NoSkippedTests implements LauncherSessionListener, TestExecutionListener {
  private final List<String> skipped = new CopyOnWriteArrayList<>();

  /** For JUnit. */
  public NoSkippedTests() {}

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    session.getLauncher().registerTestExecutionListeners(this);
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    skipped.add(test.getUniqueId() + ": " + reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
      skipped.add(
          test.getUniqueId()
              + result.getThrowable().map(cause -> ": " + cause.getMessage()).orElse(""));
    }
  }

  /**
   * Judges.
   *
   * @throws AssertionError with what was skipped
   */
  @Override
  public void launcherSessionClosed(LauncherSession session) {
    if (!skipped.isEmpty()) {
      throw new AssertionError("tests were skipped: " + String.join(", ", skipped));
    }
  }
}
