package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostCachesTest {
  @TempDir private Path folder;

  @Test
  void linux_withoutSizes_hidesThem() throws IOException {
    Path size = folder.resolve("size");
    assertThat(HostCaches.areKnown("Linux", size)).isFalse();
    Files.writeString(size, "32K\n");
    assertThat(HostCaches.areKnown("Linux", size)).isTrue();
  }

  @Test
  void otherSystems_haveNoSuchFile_areTrusted() {
    assertThat(HostCaches.areKnown("Mac OS X", folder.resolve("size"))).isTrue();
    assertThat(HostCaches.areKnown("Windows 11", folder.resolve("size"))).isTrue();
  }
}
