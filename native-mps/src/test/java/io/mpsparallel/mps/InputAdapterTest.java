package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The source that is made for structured inputs, and the types it is made from. */
class InputAdapterTest {
  private static ScriptParameter parameter(String name, String type) {
    return new ScriptParameter(name, ScriptType.parse(type), false);
  }

  private static String source(List<ScriptParameter> parameters, String... names) {
    return new InputAdapter(parameters).source(List.of(names));
  }

  @Test
  void source_ofAllKinds_isAsExpected() {
    List<ScriptParameter> parameters =
        List.of(
            parameter("x", "Tensor"),
            parameter("n", "int"),
            parameter("d", "Dict[str, Tensor]"),
            parameter("p", "Tuple[Tensor, List[Tensor]]"),
            parameter("o", "Optional[float]"));
    assertThat(source(parameters, "d.b", "d.a", "x", "n", "p.0", "p.1.0", "p.1.1"))
        .isEqualTo(
            """
            def pack(self, t0: Tensor, t1: Tensor, t2: Tensor, t3: Tensor, t4: Tensor, t5: Tensor, t6: Tensor):
              return (t2, int(t3), {"b": t0, "a": t1}, (t4, [t5, t6], ), None, )
            """);
  }

  @Test
  void source_keysThatWouldEndTheString_areQuoted() {
    List<ScriptParameter> parameters = List.of(parameter("d", "Dict[str, Tensor]"));
    assertThat(source(parameters, "d.a\"]\\")).contains("{\"a\\\"]\\\\\": t0}");
    assertThat(source(parameters, "d.a\nb")).contains("{\"a\\nb\": t0}");
  }

  @Test
  void source_missingParts_areNamed() {
    List<ScriptParameter> list = List.of(parameter("l", "List[Tensor]"));
    assertFails(ErrorCode.INVALID_INPUT, () -> source(list, "l")).contains("'l.0' is missing");
    List<ScriptParameter> dict = List.of(parameter("d", "Dict[str, Tensor]"));
    assertFails(ErrorCode.INVALID_INPUT, () -> source(dict, "d")).contains("'d.KEY' is missing");
  }

  @Test
  void arguments_ofMoreFormsThanAreKept_areNotFreedWhileTheyServe() throws Exception {
    TorchRuntime.load();
    InputAdapter adapter = new InputAdapter(List.of(parameter("d", "Dict[str, Tensor]")));
    Crowd.run(
        4,
        thread -> {
          for (int i = 0; i < 100; i++) {
            assertPacks(adapter, List.of("d.k" + thread + "x" + i));
            assertPacks(adapter, List.of("d.k"));
          }
          return thread;
        });
    adapter.close();
  }

  private static void assertPacks(InputAdapter adapter, List<String> names) {
    try (Tensor one = torch.ones(new long[] {1});
        IValue value = new IValue(one);
        IValueVector values = new IValueVector(value);
        IValueVector arguments = adapter.arguments(names, values)) {
      assertThat(arguments.get(0).isGenericDict()).isTrue();
    }
  }

  @Test
  void isPlain_tensorsInOrderAlone() {
    InputAdapter two =
        new InputAdapter(List.of(parameter("a", "Tensor"), parameter("b", "Tensor")));
    assertThat(two.isPlain(List.of("a", "b"))).isTrue();
    assertThat(two.isPlain(List.of("b", "a"))).isFalse();
    assertThat(two.isPlain(List.of("a"))).isFalse();
    assertThat(new InputAdapter(List.of(parameter("n", "int"))).isPlain(List.of("n"))).isFalse();
  }

  @Test
  void types_thatTensorsExpress_areToldFromOthers() {
    for (String type : List.of("Tensor", "int", "Optional[Tensor]", "Dict[str, List[Tensor]]")) {
      assertThat(ScriptType.parse(type).isExpressible()).as(type).isTrue();
    }
    for (String type : List.of("str", "Dict[int, Tensor]", "List[str]", "Any", "Future[Tensor]")) {
      assertThat(ScriptType.parse(type).isExpressible()).as(type).isFalse();
    }
    assertThat(ScriptType.parse("Tuple[Tensor, Dict[str, Tensor]]").parts()).hasSize(2);
    assertThat(ScriptType.parse("Tuple[Tensor, Tuple[int, float], bool]").parts())
        .extracting(ScriptType::kind)
        .containsExactly(ScriptType.Kind.TENSOR, ScriptType.Kind.TUPLE, ScriptType.Kind.BOOL);
  }
}
