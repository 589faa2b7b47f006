package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files of others are deleted. */
class LeftoversTest {
  private static final Duration LEAST = Duration.ofMinutes(1);

  @TempDir Path directory;

  private Path file(String name, Duration age) throws IOException {
    Path file = Files.createFile(directory.resolve(name));
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
    return file;
  }

  @Test
  void files_ofMakersThatAreGone_areDeletedOnceTheyAreOld() throws Exception {
    long self = ProcessHandle.current().pid();
    Duration old = Duration.ofHours(1);
    Path mine = file(Leftovers.name("slab-", ""), old);
    Path ofOneWithMyId = file("slab-" + self + "-1000-ff", old);
    Path ofNobody = file("slab-999999999-1000-ff", old);
    Path young = file("slab-999999999-1000-fe", Duration.ZERO);
    Path other = file("other-999999999-1000-ff", old);
    Leftovers.sweep(directory, "slab-", LEAST);
    assertThat(mine).exists();
    assertThat(ofOneWithMyId).doesNotExist();
    assertThat(ofNobody).doesNotExist();
    assertThat(young).exists();
    assertThat(other).exists();
  }
}
