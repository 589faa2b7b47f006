package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.testing.FakeModels;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives of a class path of jars, made by a real child. */
class ClassDataArchiveTest {
  @TempDir Path home;
  private Path cache;
  private WorkerCommand.Inherited jars;

  @BeforeEach
  void packClassPath() throws IOException {
    cache = home.resolve("cache");
    StringBuilder classPath = new StringBuilder();
    int number = 0;
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      Path jar = Files.isDirectory(path) ? pack(path, home.resolve(number++ + ".jar")) : path;
      classPath.append(classPath.length() == 0 ? "" : File.pathSeparator).append(jar);
    }
    jars = new WorkerCommand.Inherited(classPath.toString(), null, null, List.of(), Map.of());
  }

  private static Path pack(Path directory, Path jar) throws IOException {
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(directory.relativize(file).toString()));
        Files.copy(file, out);
      }
    }
    return jar;
  }

  private ProcessLauncher launcher() {
    return new ProcessLauncher(Child.settings(cache), jars);
  }

  private boolean make(Launcher launcher) {
    ModelSource model = ModelSource.of(FakeModels.write(home, "square"));
    return Child.get(launcher.makeArchive(TroubledProvider.ID, model));
  }

  @Test
  void archive_ofJars_isMadeOnceAndUsed() throws IOException, LinkLost {
    try (Launcher launcher = launcher()) {
      assertThat(make(launcher)).isTrue();
      assertThat(make(launcher)).isTrue();
      Path archive = onlyArchive();
      assertThat(archive).isRegularFile().satisfies(file -> assertThat(file).isReadable());
      try (Child child = Child.open(launcher, TroubledProvider.ID)) {
        assertThat(mappings(child)).contains(archive.toString());
      }
    }
    long made = Files.getLastModifiedTime(onlyArchive()).toMillis();
    try (Launcher next = launcher()) {
      assertThat(make(next)).isTrue();
      assertThat(Files.getLastModifiedTime(onlyArchive()).toMillis()).isEqualTo(made);
    }
  }

  @Test
  void archive_thatIsDamaged_isNotUsed() throws IOException, LinkLost {
    try (Launcher launcher = launcher()) {
      assertThat(make(launcher)).isTrue();
    }
    Path archive = onlyArchive();
    byte[] bytes = Files.readAllBytes(archive);
    Files.write(archive, Arrays.copyOf(bytes, bytes.length / 2));
    try (Launcher launcher = launcher();
        Child child = Child.open(launcher, TroubledProvider.ID)) {
      assertThat(mappings(child)).doesNotContain(archive.toString());
      assertThat(make(launcher)).isTrue(); // anew
    }
  }

  @Test
  void archive_thatIsDamagedWhileItIsUsed_failsOneStart() throws IOException, LinkLost {
    try (Launcher launcher = launcher()) {
      assertThat(make(launcher)).isTrue();
      Child.open(launcher, TroubledProvider.ID).close();
      byte[] bytes = Files.readAllBytes(onlyArchive());
      Files.write(onlyArchive(), Arrays.copyOf(bytes, bytes.length / 2));
      WorkerProcess first = Child.get(launcher.start("first", 1));
      Child unlucky = new Child(first);
      assertThatThrownBy(() -> unlucky.openEngine(TroubledProvider.ID))
          .isInstanceOf(LinkLost.class);
      assertThat(Child.get(first.death()).fromOutside()).isFalse();
      try (Child child = Child.open(launcher, TroubledProvider.ID)) {
        assertThat(child.process.residentBytes()).isPositive();
      }
    }
  }

  @Test
  void archive_ofDirectories_isNotMade() throws IOException {
    var directories =
        new WorkerCommand.Inherited(
            jars.classPath() + File.pathSeparator + home, null, null, List.of(), Map.of());
    try (Launcher launcher = new ProcessLauncher(Child.settings(cache), directories)) {
      assertThat(make(launcher)).isFalse();
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void archive_ofAnEngineThatIsNotThere_isMadeAllTheSame() throws IOException {
    try (Launcher launcher = launcher()) {
      assertThat(Child.get(launcher.makeArchive("nobody", null))).isTrue();
      assertThat(files()).hasSize(1);
    }
  }

  private Path onlyArchive() throws IOException {
    List<Path> files = files();
    assertThat(files).hasSize(1);
    return files.get(0);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(cache.resolve("cds"))) {
      return all.toList();
    }
  }

  private static String mappings(Child child) throws IOException {
    return Files.readString(Path.of("/proc", String.valueOf(child.process.pid()), "maps"));
  }
}
