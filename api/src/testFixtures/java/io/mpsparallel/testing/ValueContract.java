package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What goes into a forward and comes out: dtypes, shapes, structures, failures. */
@SuppressWarnings("try") // scopes are left, not read
abstract class ValueContract extends SlotContract {
  @Test
  void identity_everyDtype_isExact() {
    try (Model model = load(ContractModel.IDENTITY);
        Stream stream = backend.acquireStream(device)) {
      for (DType dtype : facts().dtypes()) {
        try (Tensor x = pattern(dtype, 2, 5);
            NamedTensors outputs = forward(model, stream, x)) {
          assertThat(outputs.get(0).spec()).isEqualTo(x.spec());
          assertThat(outputs.get(0).toByteArray()).as(dtype.id()).isEqualTo(x.toByteArray());
        }
      }
    }
  }

  @Test
  void useThreads_betweenForwards_answersStayRight() {
    try (Model square = load(ContractModel.SQUARE)) {
      for (int threads : new int[] {1, 2, 3, 1}) {
        backend.useThreads(new ThreadSettings(threads, ThreadSettings.AUTO));
        squareOnOwnStream(square, threads, 10);
      }
    }
  }

  @Test
  void identity_ranks0To5_areExactInOneSlot() {
    long[][] shapes = {{}, {1}, {7}, {2, 3}, {2, 1, 3}, {1, 2, 2, 3}, {2, 1, 2, 1, 3}, {7}, {}};
    try (Model model = load(ContractModel.IDENTITY);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      for (long[] shape : shapes) {
        try (Tensor x = pattern(DType.FLOAT32, shape);
            NamedTensors outputs = forwardInside(slot, stream, NamedTensors.of(x))) {
          assertThat(outputs.get(0).spec()).isEqualTo(x.spec());
          assertThat(outputs.get(0).toFloatArray()).isEqualTo(x.toFloatArray());
        }
      }
    }
  }

  private static Tensor pattern(DType dtype, long... shape) {
    TensorSpec spec = TensorSpec.of(dtype, shape);
    if (dtype.isFloating()) {
      float[] values = new float[(int) spec.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (i - 3) * 0.75f;
      }
      return Tensor.of(dtype, values, shape);
    }
    byte[] bytes = new byte[(int) spec.byteLength()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (dtype == DType.BOOL ? i & 1 : 31 * i - 100);
    }
    return Tensor.of(dtype, bytes, shape);
  }

  @Test
  void identity_inputClosed_outputStaysReadable() {
    try (Model model = load(ContractModel.IDENTITY);
        Stream stream = backend.acquireStream(device)) {
      for (int i = 0; i < 50; i++) {
        Tensor x = Tensor.of(new float[] {i, -i}, 2);
        try (NamedTensors outputs = forward(model, stream, x)) {
          x.close();
          assertThat(outputs.get(0).toFloatArray()).containsExactly(i, -i);
        }
      }
    }
  }

  @Test
  void outputs_slotStreamAndModelClosed_stayReadable() {
    NamedTensors outputs;
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Tensor x = floats(3, 4)) {
      outputs = forward(model, stream, x);
    }
    try (outputs) {
      assertThat(outputs.get(0).toFloatArray()).containsExactly(9, 16);
    }
  }

  @Test
  void add_namedInAnyOrder_addsUp() {
    try (Model model = load(ContractModel.ADD);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor a = floats(1, 2);
        Tensor b = floats(10, 20)) {
      Map<String, Tensor> turned = new java.util.LinkedHashMap<>();
      turned.put("b", b);
      turned.put("a", a);
      for (NamedTensors inputs : List.of(NamedTensors.of(a, b), NamedTensors.of(turned))) {
        try (NamedTensors outputs = forwardInside(slot, stream, inputs)) {
          assertThat(outputs.get(0).toFloatArray()).containsExactly(11, 22);
        }
      }
    }
  }

  @Test
  void tupleAndList_returned_comeInOrder() {
    for (ContractModel kind : List.of(ContractModel.TUPLE, ContractModel.LIST)) {
      try (Model model = load(kind);
          Stream stream = backend.acquireStream(device);
          Tensor x = floats(3);
          NamedTensors outputs = forward(model, stream, x)) {
        assertThat(outputs.size()).isEqualTo(2);
        assertThat(outputs.get(0).toFloatArray()).containsExactly(3);
        assertThat(outputs.get(1).toFloatArray()).containsExactly(9);
      }
    }
  }

  @Test
  void dict_returned_comesByName() {
    try (Model model = load(ContractModel.DICT);
        Stream stream = backend.acquireStream(device);
        Tensor x = floats(3);
        NamedTensors outputs = forward(model, stream, x)) {
      assertThat(outputs.names()).containsExactlyInAnyOrder("same", "square");
      assertThat(outputs.get("same").toFloatArray()).containsExactly(3);
      assertThat(outputs.get("square").toFloatArray()).containsExactly(9);
    }
  }

  @Test
  void firstRow_returned_isWhatTheModelSays() {
    try (Model model = load(ContractModel.FIRST_ROW);
        Stream stream = backend.acquireStream(device);
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        NamedTensors outputs = forward(model, stream, x)) {
      assertThat(outputs.get(0).shape()).containsExactly(1, 2);
      assertThat(outputs.get(0).toFloatArray()).containsExactly(1, 2);
    }
  }

  @Test
  void raising_model_failsAndSlotStaysUsable() {
    try (Model model = load(ContractModel.RAISING);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(3)) {
      for (int i = 0; i < 3; i++) {
        assertFails(
            () -> forwardInside(slot, stream, NamedTensors.of(x)).close(), ErrorCode.MODEL_FAILED);
      }
      assertThat(x.toFloatArray()).containsExactly(3);
    }
  }

  @Test
  void add_shapesThatDoNotFit_failsInTheModelAndSlotStaysUsable() {
    try (Model model = load(ContractModel.ADD);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor a = floats(1, 2);
        Tensor b = floats(1, 2, 3)) {
      assertFails(
          () -> forwardInside(slot, stream, NamedTensors.of(a, b)).close(),
          ErrorCode.MODEL_FAILED,
          ErrorCode.INVALID_INPUT);
      try (NamedTensors outputs = forwardInside(slot, stream, NamedTensors.of(a, a))) {
        assertThat(outputs.get(0).toFloatArray()).containsExactly(2, 4);
      }
    }
  }

  @Test
  void run_oneOfSeveralFails_failsAlone() {
    try (Model square = load(ContractModel.SQUARE);
        Model raising = load(ContractModel.RAISING);
        Model identity = load(ContractModel.IDENTITY);
        Stream stream = backend.acquireStream(device);
        Slot first = square.newSlot(stream);
        Slot second = raising.newSlot(stream);
        Slot third = identity.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(3);
        Tensor y = floats(5)) {
      first.bind(NamedTensors.of(x));
      second.bind(NamedTensors.of(x));
      third.bind(NamedTensors.of(y));
      try (Event done = stream.run(List.of(first, second, third))) {
        done.await(PATIENCE);
      }
      try (NamedTensors squared = first.takeOutputs();
          NamedTensors same = third.takeOutputs()) {
        assertThat(squared.get(0).toFloatArray()).containsExactly(9);
        assertThat(same.get(0).toFloatArray()).containsExactly(5);
      }
      assertFails(second::takeOutputs, ErrorCode.MODEL_FAILED);
      assertFails(second::takeOutputs, ErrorCode.MISUSE);
    }
  }

  @Test
  void bind_wrongInputs_areTypedErrorsAndSlotStaysUsable() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(3);
        Tensor none = Tensor.allocate(TensorSpec.of(DType.FLOAT32, 0, 3))) {
      List<NamedTensors> wrong =
          List.of(
              NamedTensors.of(),
              NamedTensors.of(x, x),
              NamedTensors.of(Map.of("q", x)),
              NamedTensors.of(none));
      for (NamedTensors inputs : wrong) {
        assertFails(() -> slot.bind(inputs), ErrorCode.INVALID_INPUT);
      }
      Tensor closed = floats(1);
      closed.close();
      assertFails(() -> slot.bind(NamedTensors.of(closed)), ErrorCode.CLOSED);
      squareOnce(slot, stream, 1, 1);
    }
  }
}
