package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedWeightsTest {
  @TempDir Path home;
  private Path directory;
  private SharedWeights weights;

  @BeforeEach
  void makeDirectory() throws IOException {
    directory = Files.createDirectory(home.resolve("weights"));
    weights = new SharedWeights(directory);
  }

  private ModelSource model(String name) {
    return ModelSource.of(FakeModels.write(home, name));
  }

  @Test
  void share_ofTheSameModel_findsTheFormAgain() throws IOException {
    ModelSource model = model("square");
    SharedWeights.Shared first;
    try (FakeBackend backend = FakeBackend.synchronous()) {
      first = weights.share(backend, model);
    }
    assertThat(first.source().path()).hasParent(directory);
    FakeBackend closed = FakeBackend.synchronous();
    closed.close(); // cannot write one more
    assertThat(weights.share(closed, model)).isEqualTo(first);
    assertThat(files()).hasSize(2).noneMatch(file -> file.toString().endsWith(".part"));
  }

  @Test
  void share_ofAModelThatChanged_writesAnother() throws IOException {
    try (FakeBackend backend = FakeBackend.synchronous()) {
      ModelSource model = model("square");
      SharedWeights.Shared first = weights.share(backend, model);
      Path other = FakeModels.write(home, "identity");
      Files.move(other, model.path(), StandardCopyOption.REPLACE_EXISTING);
      SharedWeights.Shared second = weights.share(backend, ModelSource.of(model.path()));
      assertThat(second.digest()).isNotEqualTo(first.digest());
      assertThat(second.source().path()).isNotEqualTo(first.source().path());
    }
  }

  @Test
  void share_ofADamagedForm_writesItAnew() throws IOException {
    try (FakeBackend backend = FakeBackend.synchronous()) {
      ModelSource model = model("square");
      SharedWeights.Shared first = weights.share(backend, model);
      damage(first.source().path());
      assertThat(weights.share(backend, model)).isEqualTo(first);
      assertThat(FileDigest.of(first.source().path())).isEqualTo(first.digest());
    }
  }

  @Test
  void load_ofAFormDamagedAfterShare_isRefused() throws IOException, LinkLost {
    try (Launcher launcher = Launcher.of(Child.settings(home.resolve("cache")));
        Child writer = Child.open(launcher, TroubledProvider.ID);
        Child reader = Child.open(launcher, TroubledProvider.ID)) {
      SharedWeights.Shared shared = writer.share(model("square"), launcher.weights());
      assertThat(writer.load(shared.source(), shared.digest()).digest()).isEqualTo(shared.digest());
      damage(shared.source().path());
      assertThatThrownBy(() -> reader.load(shared.source(), shared.digest()))
          .isInstanceOfSatisfying(
              InferenceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_INVALID))
          .hasMessageContaining("(expected: " + shared.digest() + ")");
    }
  }

  private static void damage(Path file) throws IOException {
    Files.writeString(file, "x", StandardOpenOption.WRITE);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }
}
