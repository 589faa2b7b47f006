package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.testing.FakeModels;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real children of a launcher. */
class LauncherTest {
  @TempDir Path home;
  private Path cache;
  private Launcher launcher;

  @BeforeEach
  void makeLauncher() {
    cache = home.resolve("cache");
    launcher = Launcher.of(Child.settings(cache));
  }

  @AfterEach
  void closeLauncher() {
    launcher.close();
  }

  @Test
  void worker_afterLoad_runsForwardsInOrder() throws LinkLost {
    try (Child child = Child.open(launcher, TroubledProvider.ID)) {
      child.load(model("square"), FileDigest.UNKNOWN);
      child.send(2);
      child.send(3);
      assertThat(child.receive()).containsExactly(4);
      assertThat(child.receive()).containsExactly(9);
      child.end();
      assertThat(Child.get(child.process.death()).status()).isZero();
    }
  }

  @Test
  void facts_ofADevice_areTheEngines() throws LinkLost {
    try (Child child = Child.open(launcher, TroubledProvider.ID);
        Answer answer =
            child.link().ask(FrameKind.FACTS, 0, body -> ValueCodec.put(body, Device.CPU))) {
      Capabilities facts = ValueCodec.capabilities(answer.body());
      assertThat(facts.asynchronous()).isFalse();
      assertThat(facts.dtypes()).isNotEmpty();
    }
  }

  @Test
  void failure_ofAModel_crossesWithCodeAndMessage() throws LinkLost {
    try (Child child = Child.open(launcher, TroubledProvider.ID)) {
      child.load(model("raising"), FileDigest.UNKNOWN);
      child.send(1);
      assertThatThrownBy(child::receive)
          .isInstanceOfSatisfying(
              InferenceException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.MODEL_FAILED);
                assertThat(e.scope()).isEqualTo(ErrorCode.Scope.REQUEST);
                assertThat(e.detail()).startsWith("raised on purpose for [x: float32[1, 1]]");
              });
      child.send(1);
      assertThatThrownBy(child::receive).isInstanceOf(InferenceException.class);
    }
  }

  @Test
  void engine_thatIsNotThere_isNotInstalled() throws LinkLost {
    try (Child child = new Child(Child.get(launcher.start("w0", 1)))) {
      assertThatThrownBy(() -> child.openEngine("nobody"))
          .isInstanceOf(InferenceException.class)
          .hasMessageStartingWith("NOT_INSTALLED: backend 'nobody' in a worker process (found: [")
          .hasMessageContaining(TroubledProvider.ID);
    }
  }

  @Test
  void classPath_withSpacesAndLong_isTheChilds() throws IOException, LinkLost {
    Path spaced = Files.createDirectories(home.resolve("a b 'c' \\d"));
    Path root = Files.createSymbolicLink(spaced.resolve("r"), Path.of("/"));
    StringBuilder classPath = new StringBuilder();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      classPath.append(root).append(Path.of(entry).toAbsolutePath()).append(File.pathSeparator);
    }
    classPath.append(("/nowhere/" + "x".repeat(200) + ".jar:").repeat(1000)); // 200 KB
    var inherited =
        new WorkerCommand.Inherited(
            classPath.toString(), null, null, List.of(), Map.of("some.property", "a \"b\" c"));
    try (Launcher other = new ProcessLauncher(Child.settings(cache), inherited);
        Child child = Child.open(other, TroubledProvider.ID)) {
      child.load(model("identity"), FileDigest.UNKNOWN);
      child.send(5);
      assertThat(child.receive()).containsExactly(5);
    } finally {
      Files.delete(root);
    }
  }

  @Test
  void files_afterTheFirstAnswerAndAfterClose_areGone() throws IOException, LinkLost {
    try (Child child = Child.open(launcher, TroubledProvider.ID)) {
      assertThat(filesIn(cache.resolve("run"))).isEmpty();
      assertThat(child.process.residentBytes()).isGreaterThan(10L << 20);
      launcher.close();
      assertThat(ProcessHandle.of(child.process.pid())).isEmpty();
    }
    assertThat(filesIn(cache)).isEmpty();
    assertThat(launcher.start("late", 1)).isCompletedExceptionally();
  }

  @Test
  void directories_ofTheCache_areTheUsersAlone() throws IOException {
    assertThat(Files.getPosixFilePermissions(cache.resolve("weights")))
        .isEqualTo(Files.getPosixFilePermissions(cache))
        .hasSize(3);
  }

  @Test
  void oomScore_ofAWorker_isAboveTheParents() throws IOException, LinkLost {
    try (Child child = Child.open(launcher, TroubledProvider.ID)) {
      assertThat(oomScore(String.valueOf(child.process.pid()))).isGreaterThan(oomScore("self"));
    }
  }

  private static int oomScore(String process) throws IOException {
    return Integer.parseInt(Files.readString(Path.of("/proc", process, "oom_score_adj")).strip());
  }

  private ModelSource model(String name) {
    return ModelSource.of(FakeModels.write(home, name));
  }

  private static List<Path> filesIn(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
