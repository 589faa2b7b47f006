package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forwards in a recording of Flight Recorder. */
class RecordingTest extends ThreadsFixture {
  @TempDir private Path folder;

  @Test
  void execute_onTheCallersThreadAndOnALane_isRecordedWithItsEnd() throws IOException {
    open(
        ThreadsContract.lanes(2, LaneSettings.AUTO),
        FakeBackend.builder()
            .model(
                "failing",
                in -> {
                  throw new IllegalStateException("as the test wants");
                }));
    Path file = folder.resolve("my.jfr");
    try (Recording recording = new Recording();
        LoadedModel good = load();
        LoadedModel bad = executor.load(FakeModels.source("failing"))) {
      recording.enable("mpsparallel.Execute");
      recording.start();
      assertThat(answer(good.submit(value(1)))).isEqualTo(2);
      awaitIdle();
      assertThat(await(caller(good, 1))).isEqualTo(2);
      assertThatThrownBy(() -> answer(bad.submit(value(1)))).hasMessageContaining("as the test");
      executor.close(); // no lane writes any more
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("mpsparallel.Execute"))
            .toList();
    assertThat(events)
        .extracting(e -> e.getBoolean("failed"))
        .containsExactlyInAnyOrder(false, false, true);
    assertThat(events).allMatch(e -> e.getInt("requests") == 1);
    assertThat(events).allMatch(e -> e.getString("place").contains("cpu"));
    assertThat(events)
        .filteredOn(e -> e.getBoolean("failed"))
        .singleElement()
        .matches(e -> e.getString("model").contains("failing"));
  }
}
