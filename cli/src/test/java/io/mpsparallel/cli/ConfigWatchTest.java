package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.mpsparallel.config.HoconSettings;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120) // some systems look at their files every ten seconds
final class ConfigWatchTest {
  @TempDir private Path folder;

  private final BlockingQueue<ExecutorSettings> applied = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
  private Path file;

  @BeforeEach
  void writeFile() throws IOException {
    file = folder.resolve("my.conf");
    write("mps-parallel.map.window = 3");
  }

  private void write(String text) throws IOException {
    Files.writeString(file, text);
  }

  private ExecutorSettings read() {
    return HoconSettings.parse(ConfigFactory.parseFile(file.toFile()));
  }

  private ConfigWatch watch() {
    return new ConfigWatch(file, this::read, applied::add, said::add);
  }

  @Test
  void file_isWritten_isApplied() throws Exception {
    try (ConfigWatch watch = watch()) {
      assertThat(watch).isNotNull();
      write("mps-parallel.map.window = 4");
      assertThat(applied.take().mapWindow()).isEqualTo(4);
      assertThat(said.take()).startsWith("settings read again: strategy ");
      write("mps-parallel.map.window = 5");
      assertThat(applied.take().mapWindow()).isEqualTo(5);
    }
  }

  @Test
  void file_isReplaced_isApplied() throws Exception {
    try (ConfigWatch watch = watch()) {
      assertThat(watch).isNotNull();
      Path next = folder.resolve("next");
      Files.writeString(next, "mps-parallel.map.window = 6");
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      assertThat(applied.take().mapWindow()).isEqualTo(6);
    }
  }

  @Test
  void file_isBad_isToldWithEveryMistakeAndNotApplied() throws Exception {
    try (ConfigWatch watch = watch()) {
      assertThat(watch).isNotNull();
      write("mps-parallel {\nmap.window = 0\nmap.windows = 1\n}");
      assertThat(said.take())
          .startsWith("settings stay as they were: CONFIG_INVALID: 2 problems")
          .contains("my.conf: 2", "my.conf: 3", "map.windows");
      assertThat(applied).isEmpty();
      write("mps-parallel.map.window = 7");
      assertThat(applied.take().mapWindow()).isEqualTo(7);
    }
  }

  @Test
  void change_thatCannotBeHad_isTold() throws Exception {
    try (ConfigWatch watch =
        new ConfigWatch(
            file,
            this::read,
            settings -> {
              throw new InferenceException(ErrorCode.NOT_INSTALLED, "strategy: x");
            },
            said::add)) {
      assertThat(watch).isNotNull();
      write("mps-parallel.strategy = x");
      assertThat(said.take()).isEqualTo("settings stay as they were: NOT_INSTALLED: strategy: x");
    }
  }
}
