package io.mpsparallel.inject;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.ProvisionException;
import com.google.inject.multibindings.Multibinder;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.DType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ExecutorModuleTest {
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();

  /** An engine with a CPU and nothing on it. */
  private final class StubProvider implements BackendProvider {
    @Override
    public String id() {
      return "stub";
    }

    @Override
    public Backend open(BackendSettings settings) {
      opened.incrementAndGet();
      return stub(Backend.class);
    }
  }

  /** An object that answers what this test needs, and does nothing otherwise. */
  private <T> T stub(Class<T> type) {
    InvocationHandler handler =
        (proxy, method, args) ->
            switch (method.getName()) {
              case "devices" -> List.of(Device.CPU);
              case "capabilities" ->
                  new Capabilities(
                      1,
                      1,
                      1,
                      false,
                      true,
                      false,
                      Capabilities.GraphKey.MODEL,
                      Set.of(DType.FLOAT32),
                      0);
              case "close" -> type == Backend.class ? count() : null;
              case "toString" -> "stub";
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" -> proxy == args[0];
              default -> method.getReturnType().isInterface() ? stub(method.getReturnType()) : null;
            };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private Object count() {
    closed.incrementAndGet();
    return null;
  }

  private final class StubModule extends AbstractModule {
    @Override
    protected void configure() {
      Multibinder.newSetBinder(binder(), BackendProvider.class)
          .addBinding()
          .toInstance(new StubProvider());
    }
  }

  @Test
  void injector_withAnEngine_makesOneExecutorWhenAsked() {
    Injector injector =
        Guice.createInjector(
            new ExecutorModule(ConfigFactory.parseString("mps-parallel.queue.capacity = 3")),
            new StubModule());
    assertThat(opened).hasValue(0);
    try (InferenceExecutor executor = injector.getInstance(InferenceExecutor.class)) {
      assertThat(injector.getInstance(InferenceExecutor.class)).isSameAs(executor);
      assertThat(opened).hasValue(1);
      assertThat(executor.settings().queue().capacity()).isEqualTo(3);
      assertThat(executor.strategy()).isEqualTo("single");
      assertThat(executor.device()).isEqualTo(Device.CPU);
      assertThat(injector.getInstance(ExecutorSettings.class)).isEqualTo(executor.settings());
    }
    assertThat(closed).hasValue(1);
  }

  @Test
  void injector_withoutAnEngine_saysWhatToInstall() {
    Injector injector = Guice.createInjector(new ExecutorModule(ExecutorSettings.DEFAULTS));
    assertThatThrownBy(() -> injector.getInstance(InferenceExecutor.class))
        .isInstanceOf(ProvisionException.class)
        .cause()
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("NOT_INSTALLED: no engine: install a backend's module");
  }

  @Test
  void injector_strategyThatIsNotInstalled_opensNothing() {
    ExecutorSettings settings = ExecutorSettings.DEFAULTS.withStrategy("batching");
    Injector injector = Guice.createInjector(new ExecutorModule(settings), new StubModule());
    assertThatThrownBy(() -> injector.getInstance(InferenceExecutor.class))
        .hasRootCauseInstanceOf(InferenceException.class)
        .hasMessageContaining("strategy: 'batching' (installed: [single, adaptive]");
    assertThat(opened).hasValue(0);
  }

  @Test
  void new_badConfiguration_isReportedBeforeAnythingIsMade() {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> new ExecutorModule(ConfigFactory.parseString("mps-parallel.nonsense = 1")),
        "mps-parallel.nonsense");
    assertThatThrownBy(() -> new ExecutorModule((ExecutorSettings) null)).hasMessage("settings");
  }
}
