package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Inputs and outputs that are more than a tensor each, through the public interface. */
class StructuredModelsTest {
  @TempDir static Path directory;
  private static InferenceExecutor executor;

  @BeforeAll
  static void open() {
    executor = InferenceExecutor.builder().build();
  }

  @AfterAll
  static void close() {
    executor.close();
  }

  private static ModelSource source(String signatureAndBody) {
    String source = "def forward(self, " + signatureAndBody;
    Path file = directory.resolve("m" + source.hashCode() + ".pt");
    return ModelSource.of(ScriptModels.script(file, source));
  }

  /** One number each, under its name. */
  private static InferenceRequest inputs(Object... namesAndValues) {
    List<String> names = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      names.add((String) namesAndValues[i]);
      tensors.add(Tensor.of(new float[] {((Number) namesAndValues[i + 1]).floatValue()}, 1));
    }
    return InferenceRequest.of(NamedTensors.of(names, tensors));
  }

  private static void assertGives(String model, double expected, Object... inputs) {
    try (LoadedModel loaded = executor.load(source(model));
        InferenceResult result = loaded.infer(inputs(inputs))) {
      assertThat(result.tensor().toFloatArray()).containsExactly((float) expected);
    }
  }

  private static List<String> names(String model) {
    try (LoadedModel loaded = executor.load(source(model));
        InferenceResult result = loaded.infer(inputs("x", 3))) {
      return result.names();
    }
  }

  @Test
  void tuple_partsByNumber_areAssembled() {
    String model = "p: Tuple[Tensor, Tensor]) -> Tensor:\n  return p[0] - p[1]\n";
    assertGives(model, 4, "p.0", 7, "p.1", 3);
    assertGives(model, 4, "p.1", 3, "p.0", 7);
  }

  @Test
  void list_ofAnyLength_isAssembled() {
    String model = "l: List[Tensor]) -> Tensor:\n  return l[0] * 10 + len(l)\n";
    assertGives(model, 51, "l.0", 5);
    assertGives(model, 53, "l.0", 5, "l.1", 6, "l.2", 7);
  }

  @Test
  void dict_withAwkwardKeys_isAssembled() {
    String model = "d: Dict[str, Tensor]) -> Tensor:\n  return d['a b'] - d['c.d\"\\\\']\n";
    assertGives(model, 5, "d.a b", 7, "d.c.d\"\\", 2);
  }

  @Test
  void nested_structures_areAssembled() {
    String model =
        """
        n: Dict[str, Tuple[Tensor, List[Tensor]]], x: Tensor) -> Tensor:
          return n['k'][0] * 100 + n['k'][1][1] * 10 + x
        """;
    assertGives(model, 248, "x", 8, "n.k.0", 2, "n.k.1.0", 3, "n.k.1.1", 4);
  }

  @Test
  void optional_givenOrNot_isPassed() {
    String model =
        """
        x: Tensor, m: Optional[Tensor]) -> Tensor:
          if m is None:
            return x
          return x * m
        """;
    assertGives(model, 7, "x", 7);
    assertGives(model, 14, "x", 7, "m", 2);
  }

  @Test
  void numbers_areMadeOfTensors() {
    String model =
        """
        x: Tensor, n: int, f: float, b: bool) -> Tensor:
          if b:
            return x + n // 2 + f
          return x
        """;
    assertGives(model, 13.5, "x", 10, "n", 7, "f", 0.5, "b", 1);
    assertGives(model, 10, "x", 10, "n", 7, "f", 0.5, "b", 0);
  }

  @Test
  void defaults_areTakenWhereNothingIsGiven() {
    String model = "x: Tensor, n: int = 5, k: int = 2) -> Tensor:\n  return x * n + k\n";
    assertGives(model, 17, "x", 3);
    assertGives(model, 8, "x", 3, "n", 2);
    assertGives(model, 7, "x", 3, "n", 2, "k", 1);
  }

  @Test
  void defaults_leftOutInTheMiddle_areRefused() {
    String model = "x: Tensor, n: int = 5, k: int = 2) -> Tensor:\n  return x * n + k\n";
    try (LoadedModel loaded = executor.load(source(model))) {
      assertFails(ErrorCode.INVALID_INPUT, () -> loaded.infer(inputs("x", 3, "k", 1)))
          .contains("'n' is missing, and 'k' after it is given");
    }
  }

  @Test
  void names_inAnyOrder_findTheirPlace() {
    String model = "a: Tensor, b: Tensor, c: Tensor) -> Tensor:\n  return a * 100 + b * 10 + c\n";
    assertGives(model, 123, "a", 1, "b", 2, "c", 3);
    assertGives(model, 123, "c", 3, "a", 1, "b", 2);
  }

  @Test
  void incompleteStructures_areRefused() {
    try (LoadedModel tuple =
        executor.load(source("p: Tuple[Tensor, Tensor]) -> Tensor:\n  return p[0]\n"))) {
      assertFails(ErrorCode.INVALID_INPUT, () -> tuple.infer(inputs("p.0", 1)))
          .contains("'p.1' is missing");
      assertFails(ErrorCode.INVALID_INPUT, () -> tuple.infer(inputs("p.0", 1, "p.1", 2, "p.2", 3)))
          .contains("p.2");
    }
  }

  @Test
  void outputs_haveNamesByTheirPlace() {
    assertThat(names("x: Tensor) -> Tuple[Tensor, Tensor]:\n  return (x, x)\n"))
        .containsExactly("output0", "output1");
    assertThat(names("x: Tensor) -> List[Tensor]:\n  return [x, x]\n"))
        .containsExactly("output0", "output1");
    assertThat(names("x: Tensor) -> Dict[str, Tensor]:\n  return {'b': x, 'a': x}\n"))
        .containsExactly("b", "a");
    assertThat(names("x: Tensor) -> Dict[str, List[Tensor]]:\n  return {'k': [x]}\n"))
        .containsExactly("k.0");
    assertThat(
            names(
                "x: Tensor) -> Tuple[Tensor, Optional[Tensor], Tensor]:\n  return (x, None, x)\n"))
        .containsExactly("output0", "output2");
  }

  @Test
  void outputs_thatAreNumbers_areTensors() {
    try (LoadedModel model =
            executor.load(
                source("x: Tensor) -> Tuple[int, float, bool]:\n  return (7, 0.5, True)\n"));
        InferenceResult result = model.infer(inputs("x", 1))) {
      assertThat(result.tensor(0).toLongArray()).containsExactly(7);
      assertThat(result.tensor(1).shape()).isEmpty();
      assertThat(result.outputs().size()).isEqualTo(3);
    }
  }

  @Test
  void outputs_declared_haveTheirNames() {
    ModelSource pair = source("x: Tensor) -> Tuple[Tensor, Tensor]:\n  return (x, x * 2)\n");
    try (LoadedModel model =
            executor.load(pair.declaring(new Signature(List.of(), List.of("same", "twice"))));
        InferenceResult result = model.infer(inputs("x", 3))) {
      assertThat(result.tensor("twice").toFloatArray()).containsExactly(6);
    }
    try (LoadedModel model =
        executor.load(pair.declaring(new Signature(List.of(), List.of("one"))))) {
      assertFails(ErrorCode.UNSUPPORTED_VALUE, () -> model.infer(inputs("x", 3)))
          .contains("declared: [one]");
    }
  }
}
