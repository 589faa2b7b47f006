package io.mpsparallel;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a model's declarations mean for a caller, whatever the strategy. */
class PaddedModelTest {
  private static final Padding RULES =
      Padding.to(4, 8).input("ids", 1, 0).mask("mask").output("tokens", 1);
  private static final Signature SIGNATURE =
      new Signature(
          List.of(InputSpec.of("ids", DType.INT64, -1, -1), InputSpec.of("mask", DType.INT64)),
          List.of("tokens"));
  private static final Signature BOTH =
      new Signature(
          List.of(
              InputSpec.of("ids", DType.INT64, -1, -1), InputSpec.of("mask", DType.INT64, -1, -1)),
          List.of("tokens"));

  private final List<Tensor> masks = new CopyOnWriteArrayList<>();
  private FakeBackend fake;
  private InferenceExecutor executor;

  @BeforeEach
  void open() {
    Signature fixed = new Signature(List.of(InputSpec.of("x", DType.FLOAT32, 1, 2)), List.of());
    fake =
        FakeBackend.builder()
            .model("masked", BOTH, this::masked)
            .model("failing", fixed, PaddedModelTest::fail)
            .build();
    executor =
        InferenceExecutor.builder()
            .settings(ExecutorSettings.DEFAULTS)
            .backend(fake)
            .strategy(new SingleLaneProvider())
            .build();
  }

  @AfterEach
  void close() {
    executor.close();
    fake.close();
    fake.counts().assertNothingOpen();
  }

  private NamedTensors masked(NamedTensors inputs) {
    masks.add(inputs.get("mask"));
    return NamedTensors.of(inputs.get("mask").share());
  }

  private static NamedTensors fail(NamedTensors inputs) {
    throw new InferenceException(ErrorCode.MODEL_FAILED, "no such shape: " + inputs);
  }

  private static ModelSource source() {
    return FakeModels.source("masked").padding(RULES);
  }

  private static Tensor ids() {
    return Tensor.of(new long[6], 2, 3);
  }

  @Test
  void infer_withoutMask_getsOneOfOnes() {
    try (LoadedModel model = executor.load(source());
        Tensor ids = ids()) {
      assertThat(model.signature().input("mask").orElseThrow().isRequired()).isFalse();
      try (InferenceResult result = model.infer(ids)) {
        assertThat(result.tensor().toLongArray()).containsOnly(1).hasSize(6);
        assertThat(result.tensor().shape()).containsExactly(2, 3);
      }
      assertThat(ids.isClosed()).isFalse();
    }
    assertThat(masks).hasSize(1).allMatch(Tensor::isClosed);
  }

  @Test
  void submit_withoutMask_getsOneOfOnes() {
    try (LoadedModel model = executor.load(source())) {
      Tensor ids = ids();
      try (InferenceResult result = model.submit(InferenceRequest.of(Map.of("ids", ids))).join()) {
        assertThat(result.tensor().toLongArray()).containsOnly(1);
      }
      assertThat(ids.isClosed()).isTrue();
    }
    assertThat(masks).hasSize(1).allMatch(Tensor::isClosed);
  }

  @Test
  void submit_refused_closesTheMaskAsWell() {
    LoadedModel model = executor.load(source());
    model.close();
    Tensor ids = ids();
    assertThat(model.submit(ids)).isCompletedExceptionally();
    assertThat(ids.isClosed()).isTrue();
  }

  @Test
  void infer_withMask_getsThatOne() {
    try (LoadedModel model = executor.load(source());
        Tensor ids = ids();
        Tensor mask = Tensor.of(new long[] {1, 1, 0, 1, 0, 0}, 2, 3);
        InferenceResult result = model.infer(InferenceRequest.of(ids, mask))) {
      assertThat(result.tensor().toLongArray()).containsExactly(1, 1, 0, 1, 0, 0);
    }
  }

  @Test
  void warmUp_withoutMask_getsOneToo() {
    ModelSource warm = source().warmingUp(WarmUp.of(List.of(Map.of("ids", new long[] {1, 4}))));
    try (LoadedModel model = executor.load(warm)) {
      model.whenReady().join();
      assertThat(masks).isNotEmpty();
    }
  }

  @Test
  void load_rulesThatDoNotFit_saysWhichModelAndKey() {
    ModelSource wrong = source().padding(RULES.output("more"));
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> executor.load(wrong),
        "masked.fake: padding.outputs: [tokens, more] (expected: each of");
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> executor.load(source().declaring(SIGNATURE).padding(RULES.mask("no"))),
        "masked.fake: padding.mask: 'no': no such input");
  }

  /** Nobody asked for it, so it fails nothing; but whoever looks for the reason finds it. */
  @Test
  void warmUp_ofTheOneShape_failsWithAWarning() {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (LoadedModel model = executor.load(FakeModels.source("failing"))) {
      model.whenReady().join();
      assertThat(model.state()).isEqualTo(ModelState.READY);
    } finally {
      System.setErr(before);
    }
    assertThat(log.toString(StandardCharsets.UTF_8))
        .containsOnlyOnce("WARN")
        .contains("failing.fake: the one shape that it declares failed", "no such shape");
  }
}
