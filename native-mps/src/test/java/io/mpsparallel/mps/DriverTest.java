package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens on the way to a GPU, with a driver that does as it is told. */
@SuppressWarnings("try") // scopes are left, not read
class DriverTest {
  private static final String SQUARE = "def forward(self, x: Tensor) -> Tensor:\n  return x * x\n";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path directory;
  private ScriptedDriver driver;
  private TorchBackend backend;

  @BeforeEach
  void open() {
    open(CommitMode.COALESCE);
  }

  private void open(CommitMode commit) {
    if (backend != null) {
      backend.close();
    }
    TorchRuntime runtime = TorchRuntime.load(); // before any other class of the presets
    driver = new ScriptedDriver(4);
    StreamSettings streams = StreamSettings.DEFAULTS.withCapacity(4).withCommit(commit);
    backend =
        new TorchBackend(
            runtime,
            BackendSettings.DEFAULTS.withStreams(streams),
            DeviceFinder.look(),
            (device, settings) -> driver.device(settings));
  }

  @AfterEach
  void close_leavesNothing() {
    backend.close();
    assertThat(driver.violations).isEmpty();
    assertThat(driver.openEvents).hasValue(0);
    assertThat(driver.openBlocks).hasValue(0);
  }

  private Model load(String source) {
    Path file = ScriptModels.script(directory.resolve("m" + source.hashCode() + ".pt"), source);
    return backend.load(ModelSource.of(file), Device.CPU);
  }

  /** One that fails with a lack of memory at its first {@code times} runs, then squares. */
  private Model loadShortOfMemory(int times) {
    String source =
        """
        def forward(self, x: Tensor) -> Tensor:
          self.runs += 1
          if int(self.runs) <= %d:
            x = x + torch.ones([1 << 60])
          return x * x
        """
            .formatted(times);
    Path file = directory.resolve("short.pt");
    try (QualifiedName name = new QualifiedName("__torch__.Short");
        JitModule module = new JitModule(name)) {
      module.register_buffer("runs", torch.zeros(new long[] {1}));
      module.define(source);
      module.save(file.toString());
    }
    return backend.load(ModelSource.of(file), Device.CPU);
  }

  private static NamedTensors floats(float... values) {
    return NamedTensors.of(Tensor.of(values, values.length));
  }

  private static Slot filled(Model model, Stream stream, float value) {
    Slot slot = model.newSlot(stream);
    slot.bind(floats(value));
    return slot;
  }

  private static float answer(Slot slot) {
    try (slot;
        NamedTensors outputs = slot.takeOutputs()) {
      return outputs.get(0).toFloatArray()[0];
    }
  }

  private void assertAnswers(Model model, float value) {
    try (Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter();
        Slot slot = filled(model, stream, value);
        Event done = stream.run(List.of(slot))) {
      done.await(PATIENCE);
      assertThat(answer(slot)).isEqualTo(value * value);
    }
  }

  @Test
  void coalesced_sevenRuns_areRecordedAtTheFirstLook() {
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter()) {
      List<Slot> slots = new ArrayList<>();
      List<Event> events = new ArrayList<>();
      for (int i = 0; i < CommitPolicy.DEFAULT_LIMIT - 1; i++) {
        slots.add(filled(model, stream, i));
        events.add(stream.run(List.of(slots.get(i))));
      }
      assertThat(driver.records).hasValue(0);
      events.get(0).await(PATIENCE);
      assertThat(driver.records).hasValue(CommitPolicy.DEFAULT_LIMIT - 1);
      for (int i = 0; i < slots.size(); i++) {
        events.get(i).await(PATIENCE);
        assertThat(answer(slots.get(i))).isEqualTo(i * i);
        events.get(i).close();
      }
    }
  }

  @Test
  void coalesced_asManyAsTheLimit_areCommitted() {
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter()) {
      List<Slot> slots = new ArrayList<>();
      for (int i = 0; i < CommitPolicy.DEFAULT_LIMIT; i++) {
        slots.add(filled(model, stream, i));
        stream.run(List.of(slots.get(i))).close();
      }
      assertThat(driver.records.get()).isPositive();
      for (int i = 0; i < slots.size(); i++) {
        assertThat(answer(slots.get(i))).as("whose event was closed unseen").isEqualTo(i * i);
      }
    }
  }

  @Test
  void eachRun_isRecordedAtOnce() {
    open(CommitMode.EACH);
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter();
        Slot slot = filled(model, stream, 3)) {
      driver.hold();
      try (Event done = stream.run(List.of(slot))) {
        assertThat(driver.records).hasValue(1);
        assertThat(driver.gate().heldByCurrentThread()).isFalse();
        assertThat(done.isDone()).isFalse();
        assertFails(ErrorCode.NOT_READY, slot::takeOutputs).contains("event");
        assertFails(ErrorCode.DEVICE_TIMEOUT, () -> done.await(Duration.ofMillis(5)));
        driver.letGo();
        done.await(PATIENCE);
        assertThat(answer(slot)).isEqualTo(9);
      }
    }
  }

  @Test
  void outputThatCannotBeRead_failsItsSlotAlone() {
    String complex = "def forward(self, x: Tensor) -> Tensor:\n  return torch.complex(x, x)\n";
    try (Model model = load(SQUARE);
        Model bad = load(complex);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter();
        Slot first = filled(model, stream, 3);
        Slot wrong = filled(bad, stream, 4);
        Slot last = filled(model, stream, 5);
        Event one = stream.run(List.of(first));
        Event two = stream.run(List.of(wrong, last))) {
      two.await(PATIENCE);
      assertThat(one.isDone()).isTrue();
      assertFails(ErrorCode.UNSUPPORTED_VALUE, wrong::takeOutputs).contains("ComplexFloat");
      assertThat(answer(first)).isEqualTo(9);
      assertThat(answer(last)).isEqualTo(25);
    }
  }

  @Test
  void record_failing_failsEveryRunThatWaited() {
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter();
        Slot first = filled(model, stream, 3);
        Slot second = filled(model, stream, 4);
        Event one = stream.run(List.of(first));
        Event two = stream.run(List.of(second))) {
      driver.failNextRecord(new RuntimeException("MPS backend: command buffer was lost"));
      assertFails(ErrorCode.DEVICE_FAILED, () -> one.await(PATIENCE)).contains("lost");
      assertFails(ErrorCode.DEVICE_FAILED, () -> two.await(PATIENCE)).contains("lost");
      assertFails(ErrorCode.DEVICE_FAILED, first::takeOutputs).contains("lost");
      assertFails(ErrorCode.DEVICE_FAILED, second::takeOutputs).contains("lost");
    }
  }

  @Test
  void deviceFailure_makesEveryLaterCallFail() {
    open(CommitMode.EACH);
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter();
        Slot slot = filled(model, stream, 3)) {
      driver.failNextRecord(new RuntimeException("CUDA error: device-side assert triggered"));
      assertFails(ErrorCode.DEVICE_FAILED, () -> stream.run(List.of(slot))).contains("assert");
      assertFails(ErrorCode.DEVICE_FAILED, slot::takeOutputs);
      slot.bind(floats(1));
      assertFails(ErrorCode.DEVICE_FAILED, () -> stream.run(List.of(slot)))
          .contains("unusable in this process", "restart the process", "declare \"range\"");
      assertFails(ErrorCode.DEVICE_FAILED, () -> backend.acquireStream(Device.CPU));
      assertFails(ErrorCode.DEVICE_FAILED, () -> load(SQUARE));
    }
  }

  @Test
  void outOfMemory_once_isTriedAgainAfterReclaiming() {
    try (Model model = loadShortOfMemory(1)) {
      assertAnswers(model, 3);
      assertThat(driver.cacheReleases).hasValue(1);
      assertAnswers(model, 4);
      assertThat(driver.cacheReleases).hasValue(1);
    }
  }

  @Test
  void freeMemory_enough_isToldAsItIs() {
    assertThat(backend.freeMemoryBytes(Device.CPU, 100)).isEmpty();
    driver.free = OptionalLong.of(100);
    assertThat(backend.freeMemoryBytes(Device.CPU, 100)).hasValue(100);
    assertThat(driver.cacheReleases).hasValue(0);
  }

  @Test
  void freeMemory_tooLittle_isToldAfterReclaiming() {
    driver.free = OptionalLong.of(99);
    driver.freeAfterRelease = OptionalLong.of(120);
    assertThat(backend.freeMemoryBytes(Device.CPU, 100)).hasValue(120);
    assertThat(driver.cacheReleases).hasValue(1);
  }

  @Test
  void outOfMemory_twice_isReported() {
    try (Model model = loadShortOfMemory(2);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter();
        Slot slot = filled(model, stream, 3);
        Event done = stream.run(List.of(slot))) {
      done.await(PATIENCE);
      assertFails(ErrorCode.OUT_OF_MEMORY, slot::takeOutputs).contains("memory");
      assertThat(driver.cacheReleases).hasValue(1);
    }
    try (Model good = load(SQUARE)) {
      assertAnswers(good, 5);
    }
  }

  @Test
  void outOfMemory_onTheHost_isTriedAgainToo() {
    backend.close();
    backend = TorchBackend.open(BackendSettings.DEFAULTS);
    try (Model model = loadShortOfMemory(1)) {
      assertAnswers(model, 3);
    }
  }

  @Test
  void slotClosedByAnInterruptedThread_waitsForItsWorkAllTheSame() throws Exception {
    open(CommitMode.EACH);
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU)) {
      Slot slot;
      driver.hold();
      try (Stream.Scope inside = stream.enter()) {
        slot = filled(model, stream, 3);
        stream.run(List.of(slot)).close();
      }
      AtomicBoolean interrupted = new AtomicBoolean();
      Thread closer =
          new Thread(
              () -> {
                Thread.currentThread().interrupt();
                slot.close();
                interrupted.set(Thread.currentThread().isInterrupted());
              });
      closer.start();
      Crowd.untilWaiting(closer);
      driver.letGo();
      closer.join();
      assertThat(interrupted).isTrue();
    }
  }

  @Test
  void preparedModel_isPublishedOnceBeforeOtherStreamsRunIt() {
    try (Model model = load(SQUARE);
        Stream second = backend.acquireStream(Device.CPU)) {
      assertThat(second.index()).isPositive();
      assertAnswers(model, 3);
      assertThat(driver.publications).hasValue(0);
      assertAnswers(model, 4);
      assertAnswers(model, 5);
      assertThat(driver.publications).hasValue(1);
    }
  }

  @Test
  void outputs_closedAfterTheBackend_giveTheirMemoryBack() {
    NamedTensors outputs;
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter();
        Slot slot = filled(model, stream, 3);
        Event done = stream.run(List.of(slot))) {
      done.await(PATIENCE);
      outputs = slot.takeOutputs();
    }
    backend.close();
    assertThat(outputs.get(0).toFloatArray()).containsExactly(9);
    outputs.close();
    assertThat(driver.openBlocks).hasValue(0);
  }

  @Test
  void slotClosedWhileItsWorkIsHeld_freesItAfterwards() {
    try (Model model = load(SQUARE);
        Stream stream = backend.acquireStream(Device.CPU)) {
      Slot slot;
      Event done;
      try (Stream.Scope inside = stream.enter()) {
        slot = filled(model, stream, 3);
        done = stream.run(List.of(slot));
      }
      assertThat(driver.records).as("leaving a stream commits").hasValue(1);
      slot.close();
      assertThat(done.isDone()).isTrue();
      done.close();
    }
  }

  @Test
  void independentRows_areRoundedUpForTheDeviceAlone() {
    String source =
        """
        def forward(self, x: Tensor) -> Dict[str, Tensor]:
          return {"square": x * x, "rows": torch.tensor(x.size(0))}
        """;
    Path file = ScriptModels.script(directory.resolve("rows.pt"), source);
    Signature stated = Signature.UNKNOWN.withIndependentRows();
    try (Model stating = backend.load(ModelSource.of(file).declaring(stated), Device.CPU);
        Model silent = backend.load(ModelSource.of(file), Device.CPU);
        Stream stream = backend.acquireStream(Device.CPU);
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 9, 1)) {
      assertThat(rowsSeen(stating, stream, slot -> slot.bind(NamedTensors.of(x)))).isEqualTo(10);
      assertThat(rowsSeen(silent, stream, slot -> slot.bind(NamedTensors.of(x)))).isEqualTo(9);
      assertThat(rowsSeen(stating, stream, slot -> stage(slot, x))).isEqualTo(10);
      assertThat(rowsSeen(silent, stream, slot -> stage(slot, x))).isEqualTo(9);
    }
  }

  private static void stage(Slot slot, Tensor x) {
    slot.stage(List.of("x"), List.of(x.spec())).get(0).copyFrom(x.buffer());
  }

  /** Runs nine rows and checks the answer for them. */
  private static long rowsSeen(Model model, Stream stream, Consumer<Slot> fill) {
    try (Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      fill.accept(slot);
      try (Event done = stream.run(List.of(slot))) {
        done.await(PATIENCE);
      }
      try (NamedTensors outputs = slot.takeOutputs()) {
        assertThat(outputs.get("square").shape()).containsExactly(9, 1);
        assertThat(outputs.get("square").toFloatArray())
            .containsExactly(1, 4, 9, 16, 25, 36, 49, 64, 81);
        return outputs.get("rows").toLongArray()[0];
      }
    }
  }
}
