package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who maps what for how long, and that nothing is left. */
class SegmentTest {
  private static final Path MAPS = Path.of("/proc/self/maps");

  private static long mappings(Path file) throws IOException {
    if (!Files.exists(MAPS)) {
      return 0; // not Linux
    }
    try (Stream<String> lines = Files.lines(MAPS)) {
      return lines.filter(line -> line.contains(file.getFileName().toString())).count();
    }
  }

  private static long files(Path file) throws IOException {
    String prefix = file.getFileName().toString();
    try (Stream<Path> all = Files.list(LinkPair.DIRECTORY)) {
      return all.filter(other -> other.getFileName().toString().startsWith(prefix)).count();
    }
  }

  @Test
  void file_isReadableForItsOwnerAlone() throws Exception {
    try (Segment segment = Segment.create(LinkPair.DIRECTORY, 8192)) {
      assertThat(Files.size(segment.file())).isEqualTo(8192);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(segment.file())))
          .isEqualTo("rw-------");
      segment.unlink();
      segment.unlink();
      assertThat(files(segment.file())).isZero();
    }
  }

  @Test
  void segment_openedTwice_isTheSameMemory() throws Exception {
    Segment one = Segment.create(LinkPair.DIRECTORY, 8192);
    Segment two = Segment.open(one.file(), 8192);
    one.unlink();
    one.buffer().putInt(4096, 42);
    assertThat(two.buffer().getInt(4096)).isEqualTo(42);
    two.close();
    assertThat(two.retain()).isFalse();
    assertThat(one.retain()).isTrue();
    one.close();
    one.close();
    assertThat(mappings(one.file())).isZero();
  }

  @Test
  void segment_ofAnotherLength_isRefused() {
    try (Segment one = Segment.create(LinkPair.DIRECTORY, 8192)) {
      assertThatThrownBy(() -> Segment.open(one.file(), 4096))
          .isInstanceOf(IllegalStateException.class);
      one.unlink();
    }
  }

  @Test
  void segment_whereThereIsNoRoom_isOutOfMemory() {
    assertThatThrownBy(() -> Segment.create(Path.of("/not/there"), 8192))
        .isInstanceOfSatisfying(
            InferenceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY));
  }

  @Test
  void linkThatGrew_andItsResults_leaveNothing() throws Exception {
    LinkPair pair = LinkPair.serving(64 << 10, 2, LinkPair::echo);
    NamedTensors outputs;
    try (pair) {
      try (NamedTensors inputs = NamedTensors.of(Tensor.of(new float[100_000], 100_000))) {
        LinkPair.send(pair.parent, inputs, 0);
      }
      try (Answer answer = pair.parent.await()) {
        outputs = answer.takeTensors();
      }
      assertThat(files(pair.first.file())).isZero();
    }
    if (Files.exists(MAPS)) {
      assertThat(mappings(pair.first.file())).as("the result's").isEqualTo(1);
    }
    outputs.close();
    assertThat(mappings(pair.first.file())).isZero();
  }

  @Test
  void linkThatNobodyAnswered_leavesNoFile() throws Exception {
    LinkPair pair = LinkPair.idle(64 << 10, 2);
    try (NamedTensors inputs = NamedTensors.of(Tensor.of(new float[100_000], 100_000))) {
      LinkPair.send(pair.parent, inputs, 0);
    }
    assertThat(files(pair.first.file())).isEqualTo(2);
    pair.close();
    assertThat(files(pair.first.file())).isZero();
    assertThat(mappings(pair.first.file())).isZero();
  }

  @Test
  void segmentsThatAreNotUsed_areGivenBack() throws Exception {
    LinkPair pair = LinkPair.serving(64 << 10, 1, LinkPair::echo);
    try (pair) {
      for (int i = 0; i < 4000; i++) {
        int floats = i == 0 ? 100_000 : 10;
        try (NamedTensors inputs = NamedTensors.of(Tensor.of(new float[floats], floats))) {
          LinkPair.send(pair.parent, inputs, 0);
        }
        pair.parent.await().close();
      }
      if (Files.exists(MAPS)) {
        assertThat(mappings(pair.first.file())).as("segment 0, twice").isEqualTo(2);
      }
    }
  }
}
