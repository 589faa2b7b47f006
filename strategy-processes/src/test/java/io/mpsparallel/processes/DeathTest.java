package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.testing.FakeModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How real children die, and what is known of it afterwards. */
class DeathTest {
  @TempDir Path home;
  private Launcher launcher;

  @BeforeEach
  void makeLauncher() {
    launcher = Launcher.of(Child.settings(home.resolve("cache")));
  }

  @AfterEach
  void closeLauncher() {
    launcher.close();
  }

  private Child with(String model) throws LinkLost {
    Child child = Child.open(launcher, TroubledProvider.ID);
    child.load(ModelSource.of(FakeModels.write(home, model)), FileDigest.UNKNOWN);
    return child;
  }

  @Test
  void segfault_isNamedByTheFileOfTheJvm() throws LinkLost {
    try (Child child = with("crashing")) {
      Death death = child.dieOf(1);
      assertThat(death.signal()).isEqualTo("SIGSEGV");
      assertThat(death.status()).isEqualTo(134); // the JVM aborts after it has written its file
      assertThat(death.hsErr()).exists().hasParent(home.resolve("cache/crashes"));
      assertThat(death.log()).anyMatch(line -> line.contains("SIGSEGV"));
      assertThat(death.fromOutside()).isFalse();
      assertThat(death.describe()).startsWith("SIGSEGV, see ").contains("last line of its log: ");
    }
  }

  @Test
  void abort_hasNoFileOfTheJvm() throws LinkLost {
    try (Child child = with("aborting")) {
      Death death = child.dieOf(1);
      assertThat(death.signal()).isEqualTo("SIGABRT");
      assertThat(death.fromOutside()).isFalse();
    }
  }

  @Test
  void exit_hasAStatus() throws LinkLost {
    try (Child child = with("exiting")) {
      Death death = child.dieOf(1);
      assertThat(death.status()).isEqualTo(3);
      assertThat(death.signal()).isNull();
      assertThat(death.describe()).startsWith("exit status 3");
    }
  }

  @Test
  void mistakeOfTheEngine_endsTheWorkerWithItsTrace() throws LinkLost {
    try (Child child = with("unexpected")) {
      Death death = child.dieOf(1);
      assertThat(death.status()).isEqualTo(WorkerMain.UNEXPECTED);
      assertThat(death.log()).anyMatch(line -> line.contains("a mistake of the engine"));
    }
  }

  @Test
  void brokenDevice_isAnsweredAndThenEndsTheWorker() throws LinkLost {
    try (Child child = with("broken")) {
      child.send(1);
      assertThatThrownBy(child::receive)
          .isInstanceOfSatisfying(
              InferenceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.DEVICE_FAILED));
      assertThat(Child.get(child.process.death()).status()).isEqualTo(WorkerMain.BROKEN);
    }
  }

  @Test
  void kill_ofAForwardThatNeverReturns_isFromOutside() throws LinkLost {
    try (Child child = with("endless")) {
      child.send(1);
      child.process.kill();
      assertThatThrownBy(child::receive).isInstanceOf(LinkLost.class);
      Death death = Child.get(child.process.death());
      assertThat(death.signal()).isEqualTo("SIGKILL");
      assertThat(death.fromOutside()).isTrue();
    }
  }

  @Test
  void beat_whileAForwardRuns_goesOn() throws LinkLost {
    try (Child child = with("endless")) {
      child.send(1);
      int beat = child.link().beat();
      for (int seen = 0; seen < 3; ) {
        Thread.onSpinWait();
        seen = child.link().beat() - beat;
      }
    }
  }

  @Test
  void print_ofAModel_isInTheLogAndHarmsNothing() throws LinkLost {
    try (Child child = with("printing")) {
      child.send(7);
      assertThat(child.receive()).containsExactly(7);
      child.end();
      assertThat(Child.get(child.process.death()).log())
          .filteredOn("printed by a model"::equals)
          .hasSize(2);
    }
  }

  @Test
  void of_fileWithoutASignal_keepsThatOfTheStatus() throws IOException {
    Path file = Files.writeString(home.resolve("hs_err"), "#\n#  Internal Error (x.cpp:1)\n");
    assertThat(Death.of(134, file, List.of()).signal()).isEqualTo("SIGABRT");
    assertThat(Death.of(134, file, List.of()).hsErr()).isEqualTo(file);
    assertThat(Death.of(135, home.resolve("none"), List.of()).signal()).isEqualTo("SIGBUS");
    assertThat(Death.of(192, home.resolve("none"), List.of()).signal()).isEqualTo("signal 64");
  }
}
