package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The states of a slot, and every wrong order. */
@SuppressWarnings("try") // scopes are left, not read
abstract class SlotContract extends LoadContract {
  @Test
  void slot_rightOrder_works() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      for (int i = 0; i < 3; i++) {
        squareOnce(slot, stream, i, i);
      }
    }
  }

  @Test
  void slot_staged_readsWhatWasWritten() {
    TensorSpec spec = TensorSpec.of(DType.FLOAT32, 2, 2);
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      for (int round = 1; round <= 3; round++) {
        NamedTensors staged = slot.stage(List.of("x"), List.of(spec));
        assertThat(staged.get("x").spec()).isEqualTo(spec);
        staged.get("x").memory().asFloatBuffer().put(new float[] {round, 2, 3, 4});
        try (Event done = stream.run(List.of(slot))) {
          done.await(PATIENCE);
        }
        try (NamedTensors outputs = slot.takeOutputs()) {
          assertThat(outputs.get(0).toFloatArray()).containsExactly(round * round, 4, 9, 16);
        }
      }
    }
  }

  @Test
  void slot_stagedAndAliased_outputOutlivesNextStage() {
    TensorSpec spec = TensorSpec.of(DType.FLOAT32, 1);
    try (Model model = load(ContractModel.IDENTITY);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        NamedTensors first = stageAndRun(slot, stream, spec, 1);
        NamedTensors second = stageAndRun(slot, stream, spec, 2)) {
      assertThat(first.get(0).toFloatArray()).containsExactly(1);
      assertThat(second.get(0).toFloatArray()).containsExactly(2);
    }
  }

  private NamedTensors stageAndRun(Slot slot, Stream stream, TensorSpec spec, float value) {
    slot.stage(List.of("x"), List.of(spec)).get(0).memory().putFloat(value);
    try (Event done = stream.run(List.of(slot))) {
      done.await(PATIENCE);
    }
    return slot.takeOutputs();
  }

  /** What lies in the slot's memory before it is written to is nobody's input. */
  @Test
  void slot_stagedWithARange_isNotCheckedBeforeItIsWritten() {
    InputSpec ids = InputSpec.of("x", DType.INT64, 2).withRange(new IndexRange(3, 5));
    Signature declared = new Signature(List.of(ids), List.of());
    ModelSource source = model(ContractModel.IDENTITY, directory).declaring(declared);
    try (Model model = backend.load(source, device);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      NamedTensors staged = slot.stage(List.of("x"), List.of(TensorSpec.of(DType.INT64, 2)));
      staged.get("x").memory().asLongBuffer().put(new long[] {3, 5});
      try (Event done = stream.run(List.of(slot))) {
        done.await(PATIENCE);
      }
      try (NamedTensors outputs = slot.takeOutputs()) {
        assertThat(outputs.get(0).toLongArray()).containsExactly(3, 5);
      }
    }
  }

  @Test
  void slot_stagedUnderWrongName_isInvalidAndStaysUsable() {
    TensorSpec spec = TensorSpec.of(DType.FLOAT32, 1);
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      assertFails(() -> slot.stage(List.of("q"), List.of(spec)), ErrorCode.INVALID_INPUT);
      squareOnce(slot, stream, 1, 1);
    }
  }

  @Test
  void takeOutputs_emptySlot_isMisuse() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      assertFails(slot::takeOutputs, ErrorCode.MISUSE);
      squareOnce(slot, stream, 1, 1);
      assertFails(slot::takeOutputs, ErrorCode.MISUSE);
    }
  }

  @Test
  void takeOutputs_notRun_isTooEarly() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Tensor x = floats(1)) {
      slot.bind(NamedTensors.of(x));
      assertFails(slot::takeOutputs, ErrorCode.MISUSE, ErrorCode.NOT_READY);
    }
  }

  @Test
  void takeOutputs_rightAfterRun_isReadyOnlyWhereSynchronous() {
    try (Model model = loadSlow(2_000);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(1, 2)) {
      slot.bind(NamedTensors.of(x));
      try (Event done = stream.run(List.of(slot))) {
        if (facts().asynchronous()) {
          assertFails(slot::takeOutputs, ErrorCode.NOT_READY);
        } else {
          assertThat(done.isDone()).isTrue();
        }
        done.await(PATIENCE);
      }
      try (NamedTensors outputs = slot.takeOutputs()) {
        assertThat(outputs.get(0).toFloatArray()).containsExactly(1, 2);
      }
    }
  }

  @Test
  void bind_notTakenYet_isMisuse() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(2)) {
      slot.bind(NamedTensors.of(x));
      try (Event done = stream.run(List.of(slot))) {
        assertFails(() -> slot.bind(NamedTensors.of(x)), ErrorCode.MISUSE);
        done.await(PATIENCE);
      }
      assertFails(() -> slot.bind(NamedTensors.of(x)), ErrorCode.MISUSE);
      assertFails(() -> slot.stage(List.of("x"), List.of(x.spec())), ErrorCode.MISUSE);
      assertFails(() -> stream.run(List.of(slot)).close(), ErrorCode.MISUSE);
      try (NamedTensors outputs = slot.takeOutputs()) {
        assertThat(outputs.get(0).toFloatArray()).containsExactly(4);
      }
    }
  }

  @Test
  void run_emptySlot_isMisuse() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      assertFails(() -> stream.run(List.of(slot)).close(), ErrorCode.MISUSE);
      squareOnce(slot, stream, 1, 1);
    }
  }

  @Test
  void run_sameSlotTwice_isMisuse() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(2)) {
      slot.bind(NamedTensors.of(x));
      assertFails(() -> stream.run(List.of(slot, slot)).close(), ErrorCode.MISUSE);
    }
  }

  @Test
  void run_slotOfOtherStream_isMisuse() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Stream other = backend.acquireStream(device);
        Slot slot = model.newSlot(other);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(2)) {
      slot.bind(NamedTensors.of(x));
      assertFails(() -> stream.run(List.of(slot)).close(), ErrorCode.MISUSE);
    }
  }

  @Test
  void run_nothing_isDone() {
    try (Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter();
        Event done = stream.run(List.of())) {
      done.await(PATIENCE);
      assertThat(done.isDone()).isTrue();
    }
  }

  @Test
  void slot_closed_refusesAndClosesAgain() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(2)) {
      Slot slot = model.newSlot(stream);
      slot.bind(NamedTensors.of(x));
      slot.close();
      slot.close();
      assertFails(() -> slot.bind(NamedTensors.of(x)), ErrorCode.CLOSED);
      assertFails(slot::takeOutputs, ErrorCode.CLOSED);
      assertFails(() -> stream.run(List.of(slot)).close(), ErrorCode.CLOSED);
      assertThat(x.isClosed()).as("borrowed input").isFalse();
    }
  }

  @Test
  void slot_closedInFlight_waitsForItsEvent() {
    try (Model model = loadSlow(500);
        Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(2)) {
      Slot slot = model.newSlot(stream);
      slot.bind(NamedTensors.of(x));
      try (Event done = stream.run(List.of(slot))) {
        slot.close();
        assertThat(done.isDone()).isTrue();
      }
    }
  }

  @Test
  void newSlot_onClosedStream_isClosed() {
    try (Model model = load(ContractModel.SQUARE)) {
      Stream stream = backend.acquireStream(device);
      stream.close();
      assertFails(() -> model.newSlot(stream).close(), ErrorCode.CLOSED);
    }
  }

  @Test
  void model_closed_refusesAndClosesAgain() {
    Model model = load(ContractModel.SQUARE);
    try (Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(2)) {
      squareOnce(slot, stream, 1, 1);
      model.close();
      model.close();
      assertFails(() -> model.newSlot(stream).close(), ErrorCode.CLOSED);
      assertFails(() -> forwardInside(slot, stream, NamedTensors.of(x)).close(), ErrorCode.CLOSED);
    }
  }
}
