package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Each rule is broken on purpose once, and the checker objects. */
@SuppressWarnings("try") // scopes are left, not read
final class MpsRulesBackendTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private FakeBackend fake;

  private MpsRulesBackend apple(FakeMisbehaviour... misbehaviours) {
    return apple(FakeBackend.builder(), misbehaviours);
  }

  private MpsRulesBackend apple(FakeBackendBuilder parts, FakeMisbehaviour... misbehaviours) {
    for (FakeMisbehaviour misbehaviour : misbehaviours) {
      parts.misbehaving(misbehaviour);
    }
    return MpsRulesBackend.reporting(
        observer -> {
          fake = parts.apple().observer(observer).build();
          return fake;
        });
  }

  private static void assertBroken(MpsRule rule, ThrowingCallable call) {
    RuleViolation violation = catchThrowableOfType(RuleViolation.class, call);
    assertThat(violation).as("violation of rule " + rule).isNotNull();
    assertThat(violation.rule()).isEqualTo(rule);
  }

  /** The test broke a rule on purpose: closing says so once more. */
  private void closeBroken(MpsRulesBackend backend, MpsRule rule) {
    fake.turnstile().open();
    assertBroken(rule, backend::close);
    assertThat(backend.violations()).isNotEmpty();
  }

  private static Event start(Stream stream, Slot slot, Tensor input) {
    slot.bind(NamedTensors.of(input));
    return stream.run(List.of(slot));
  }

  @Test
  void rule1_twoThreadsInsideTheGate_areCaught() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Runnable holdTheFirst =
        () -> {
          inside.countDown();
          assertThatCode(leave::await).doesNotThrowAnyException();
        };
    MpsRulesBackend backend =
        apple(FakeBackend.builder().onEncode(holdTheFirst), FakeMisbehaviour.NO_GATE);
    FutureTask<Void> other = new FutureTask<>(() -> encodeNothing(backend), null);
    ContractBase.started(other, "other");
    inside.await();
    assertBroken(MpsRule.ONE_ENCODES, () -> encodeNothing(backend));
    leave.countDown();
    ContractBase.joined(other);
    closeBroken(backend, MpsRule.ONE_ENCODES);
  }

  @Test
  void rule1_twoCallsAtOnceOnASilentBackend_areCaught() {
    FakeBackend silent = FakeBackend.synchronous();
    fake = silent;
    MpsRulesBackend backend = MpsRulesBackend.watching(silent);
    silent.turnstile().shut();
    FutureTask<Void> other = new FutureTask<>(() -> squareOnce(backend), null);
    ContractBase.started(other, "other");
    silent.turnstile().awaitWaiting(1);
    assertBroken(MpsRule.ONE_ENCODES, () -> squareOnce(backend));
    silent.turnstile().open();
    ContractBase.joined(other);
    closeBroken(backend, MpsRule.ONE_ENCODES);
  }

  private static void encodeNothing(Backend backend) {
    try (Stream stream = backend.acquireStream(Device.MPS);
        Stream.Scope scope = stream.enter()) {
      stream.run(List.of()).close();
    }
  }

  private static void squareOnce(Backend backend) {
    Device device = backend.devices().get(0);
    try (Model model = backend.load(FakeModels.source("square"), device);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope scope = stream.enter();
        Tensor x = ContractBase.floats(3)) {
      try (Event done = start(stream, slot, x)) {
        done.await(PATIENCE);
      }
      slot.takeOutputs().close();
    }
  }

  @Test
  void rule2_backendThatWaitsInsideItsGate_isCaught() {
    MpsRulesBackend backend = apple(FakeMisbehaviour.WAIT_IN_GATE);
    assertBroken(MpsRule.NO_WAIT_IN_GATE, () -> encodeNothing(backend));
    closeBroken(backend, MpsRule.NO_WAIT_IN_GATE);
  }

  @Test
  void rule2_eventAwaitedWhileEncoding_isCaught() {
    AtomicReference<Event> awaited = new AtomicReference<>();
    Runnable await =
        () -> {
          if (awaited.get() != null) {
            awaited.get().await(PATIENCE);
          }
        };
    MpsRulesBackend backend = apple(FakeBackend.builder().onEncode(await));
    try (Stream stream = backend.acquireStream(Device.MPS);
        Stream.Scope scope = stream.enter();
        Event event = stream.run(List.of())) {
      awaited.set(event);
      assertBroken(MpsRule.NO_WAIT_IN_GATE, () -> stream.run(List.of()).close());
      awaited.set(null);
    }
    closeBroken(backend, MpsRule.NO_WAIT_IN_GATE);
  }

  @Test
  void rule3_uncommittedWorkAwaited_isCaught() {
    MpsRulesBackend backend = apple(FakeMisbehaviour.NO_COMMIT);
    fake.turnstile().shut();
    try (Model model = backend.load(FakeModels.source("square"), Device.MPS);
        Stream stream = backend.acquireStream(Device.MPS);
        Slot slot = model.newSlot(stream);
        Stream.Scope scope = stream.enter();
        Tensor x = ContractBase.floats(3);
        Event done = start(stream, slot, x)) {
      assertBroken(MpsRule.COMMITTED_BEFORE_WAIT, () -> done.await(PATIENCE));
      fake.turnstile().open();
    }
    closeBroken(backend, MpsRule.COMMITTED_BEFORE_WAIT);
  }

  @Test
  void rule4_streamUsedByTwoThreads_isCaught() {
    MpsRulesBackend backend = apple(FakeMisbehaviour.NO_OWNERSHIP);
    try (Stream stream = backend.acquireStream(Device.MPS);
        Stream.Scope scope = stream.enter()) {
      ContractBase.onOtherThread(
          () -> {
            assertBroken(MpsRule.ONE_USER, () -> stream.run(List.of()).close());
            assertBroken(MpsRule.ONE_USER, stream::synchronize);
            assertBroken(MpsRule.ONE_USER, () -> stream.enter().close());
          });
    }
    closeBroken(backend, MpsRule.ONE_USER);
  }

  @Test
  void rule4_streamRecycledWithWorkOnIt_isCaught() {
    FakeBackendBuilder parts =
        FakeBackend.builder()
            .settings(
                BackendSettings.DEFAULTS.withStreams(StreamSettings.DEFAULTS.withCapacity(1)));
    MpsRulesBackend backend = apple(parts, FakeMisbehaviour.NO_DRAIN);
    fake.turnstile().shut();
    try (Model model = backend.load(FakeModels.source("square"), Device.MPS);
        Tensor x = ContractBase.floats(3)) {
      Stream stream = backend.acquireStream(Device.MPS);
      Slot slot = model.newSlot(stream);
      try (Stream.Scope scope = stream.enter()) {
        start(stream, slot, x).close();
      }
      stream.close();
      assertBroken(MpsRule.ONE_USER, () -> backend.acquireStream(Device.MPS).close());
      fake.turnstile().open();
      slot.close();
    }
    closeBroken(backend, MpsRule.ONE_USER);
  }

  @Test
  void rule5_productReadOnOtherStreamWithoutItsEvent_isCaught() {
    MpsRulesBackend backend = apple();
    assertBroken(MpsRule.EVENT_BEFORE_READ, () -> produceAndConsume(backend, false));
    closeBroken(backend, MpsRule.EVENT_BEFORE_READ);
  }

  @Test
  void rule5_productReadOnOtherStreamAfterItsEvent_passes() {
    try (MpsRulesBackend backend = apple()) {
      produceAndConsume(backend, true);
    }
    fake.counts().assertNothingOpen();
  }

  /** The device happens to be quick enough: only the missing event is wrong. */
  private void produceAndConsume(Backend backend, boolean withEvent) {
    try (Model square = backend.load(FakeModels.source("square"), Device.MPS);
        Stream producer = backend.acquireStream(Device.MPS);
        Stream consumer = backend.acquireStream(Device.MPS);
        Slot first = square.newSlot(producer);
        Slot second = square.newSlot(consumer);
        Event made = backend.newEvent(Device.MPS, false);
        Tensor x = ContractBase.floats(3)) {
      try (Stream.Scope scope = producer.enter()) {
        start(producer, first, x).close();
        producer.record(made);
      }
      awaitIdle();
      try (Stream.Scope scope = consumer.enter();
          NamedTensors product = first.takeOutputs()) {
        if (withEvent) {
          consumer.waitFor(made);
        }
        try (Event done = start(consumer, second, product.get(0))) {
          done.await(PATIENCE);
        }
        try (NamedTensors outputs = second.takeOutputs()) {
          assertThat(outputs.get(0).toFloatArray()).containsExactly(81);
        }
      }
    }
  }

  private void awaitIdle() {
    while (!fake.isIdle()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void rule6_synchronizeThatLeavesOutAStream_isCaught() {
    MpsRulesBackend backend = apple(FakeMisbehaviour.SYNCHRONIZE_DEFAULT_ONLY);
    fake.turnstile().shut();
    try (Model model = backend.load(FakeModels.source("square"), Device.MPS);
        Stream stream = backend.acquireStream(Device.MPS);
        Slot slot = model.newSlot(stream);
        Stream.Scope scope = stream.enter();
        Tensor x = ContractBase.floats(3);
        Event done = start(stream, slot, x)) {
      assertBroken(MpsRule.SYNCHRONIZE_ALL, () -> backend.synchronize(Device.MPS));
      assertThat(done.isDone()).isFalse();
      fake.turnstile().open();
    }
    closeBroken(backend, MpsRule.SYNCHRONIZE_ALL);
  }

  @Test
  void rule7_encodingAfterClose_isCaught() {
    MpsRulesBackend backend = apple(FakeMisbehaviour.ENCODE_AFTER_CLOSE);
    Stream stream = backend.acquireStream(Device.MPS);
    backend.close();
    try (stream;
        Stream.Scope scope = stream.enter()) {
      assertBroken(MpsRule.NOTHING_AFTER_CLOSE, () -> stream.run(List.of()).close());
    }
    closeBroken(backend, MpsRule.NOTHING_AFTER_CLOSE);
  }

  @Test
  void correctUse_onOneLane_passes() {
    try (MpsRulesBackend backend = apple()) {
      squareOnce(backend);
      squareOnce(backend);
      backend.synchronize(Device.MPS);
    }
    fake.counts().assertNothingOpen();
    assertThat(fake.counts().forwards()).isEqualTo(2);
  }
}
