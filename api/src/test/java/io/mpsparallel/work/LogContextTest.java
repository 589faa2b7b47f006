package io.mpsparallel.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.RequestObserver;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeModels;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.spi.MDCAdapter;

/** Which request log lines are about. The simple logger has no context, so one is put in place. */
@Timeout(60)
final class LogContextTest {
  private MDCAdapter before;

  @BeforeEach
  void putInPlace() throws ReflectiveOperationException {
    before = MDC.getMDCAdapter();
    set(new BasicMDCAdapter());
  }

  @AfterEach
  void putBack() throws ReflectiveOperationException {
    set(before);
  }

  private static void set(MDCAdapter adapter) throws ReflectiveOperationException {
    Field field =
        Arrays.stream(MDC.class.getDeclaredFields())
            .filter(one -> one.getType().equals(MDCAdapter.class))
            .findFirst()
            .orElseThrow();
    field.setAccessible(true);
    field.set(null, adapter);
  }

  private static InferenceExecutor executor() {
    return InferenceExecutor.builder()
        .settings(ExecutorSettings.DEFAULTS.withStrategy("single"))
        .backend(new FakeBackendProvider())
        .strategy(new SingleLaneProvider())
        .build();
  }

  private static InferenceRequest request(float value) {
    return InferenceRequest.of(Tensor.of(new float[] {value}, 1));
  }

  private static String now() {
    return MDC.get(LogContext.REQUEST) + " " + MDC.get(LogContext.MODEL);
  }

  private static void assertAbout(String said, String request) {
    assertThat(said).startsWith(request + " ").endsWith("square.fake");
  }

  @Test
  @SuppressWarnings("try") // the contexts are left, not read
  void close_ofAnInnerOne_bringsBackTheOuter() {
    try (LogContext outer = LogContext.of("m", "outer")) {
      assertThat(now()).isEqualTo("outer m");
      try (LogContext inner = LogContext.of("n", null)) {
        assertThat(now()).isEqualTo("null n");
      }
      assertThat(now()).isEqualTo("outer m");
    }
    assertThat(now()).isEqualTo("null null");
  }

  @Test
  void submit_withAnId_itsContinuationOnTheLaneKnowsIt() {
    try (FakeBackend fake = FakeBackend.builder().build();
        InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(ExecutorSettings.DEFAULTS.withStrategy("single"))
                .backend(fake)
                .strategy(new SingleLaneProvider())
                .build();
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      fake.turnstile().shut(); // what is hung on a future is there before the answer
      CompletableFuture<String> nameless = said(model.submit(request(1)));
      CompletableFuture<String> named = said(model.submit(request(3).withId("r-1")));
      fake.turnstile().open();
      assertThat(nameless.join()).isEqualTo("null null");
      assertAbout(named.join(), "r-1");
      assertThat(now()).isEqualTo("null null");
    }
  }

  private static CompletableFuture<String> said(CompletableFuture<InferenceResult> answer) {
    return answer.thenApply(
        result -> {
          result.close();
          return Thread.currentThread() instanceof LaneThread ? now() : "elsewhere";
        });
  }

  @Test
  void infer_withAnId_observersAndFailuresKnowIt() {
    List<String> said = new ArrayList<>();
    RequestObserver observer = (model, served, failure, time) -> said.add(now());
    try (InferenceExecutor executor = executor();
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      executor.observe(observer);
      InferenceRequest good = request(3).withId("r-2");
      model.infer(good).close();
      good.inputs().close();
      CompletableFuture<?> bad =
          model.submit(
              InferenceRequest.of(Tensor.of(new float[1], 1), Tensor.of(new float[1], 1))
                  .withId("r-3"));
      assertThat(bad).isCompletedExceptionally();
    }
    assertThat(said).hasSize(2);
    assertAbout(said.get(0), "r-2");
    assertAbout(said.get(1), "r-3");
  }
}
