package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** The pool of streams, and who may use one. */
@SuppressWarnings("try") // scopes are left, not read
abstract class StreamContract extends ValueContract {
  @Test
  void acquireStream_untilExhausted_givesEachIndexOnce() {
    List<Stream> held = new ArrayList<>();
    try {
      for (int i = 0; i < facts().streamCapacity(); i++) {
        held.add(backend.acquireStream(device));
      }
      assertThat(held.stream().map(Stream::index))
          .doesNotHaveDuplicates()
          .allMatch(index -> index >= 1 && index <= facts().streamCapacity());
      assertThat(held.stream().map(Stream::device)).containsOnly(device);
      assertFails(() -> backend.acquireStream(device).close(), ErrorCode.STREAMS_EXHAUSTED);
    } finally {
      held.forEach(Stream::close);
    }
    backend.acquireStream(device).close();
  }

  @Test
  void acquireStream_configuredCapacity_isKept() {
    reopen(StreamSettings.DEFAULTS.withCapacity(2));
    assertThat(facts().streamCapacity()).isEqualTo(2);
    try (Stream first = backend.acquireStream(device);
        Stream second = backend.acquireStream(device)) {
      assertThat(first.index()).isNotEqualTo(second.index());
      assertFails(() -> backend.acquireStream(device).close(), ErrorCode.STREAMS_EXHAUSTED);
    }
  }

  @Test
  void acquireStream_timedPatience_failsAfterIt() {
    reopen(StreamSettings.DEFAULTS.withCapacity(1).withPatience(Duration.ofMillis(60)));
    try (Stream held = backend.acquireStream(device)) {
      assertThat(held.index()).isEqualTo(1);
      long start = System.nanoTime();
      assertFails(() -> backend.acquireStream(device).close(), ErrorCode.STREAMS_EXHAUSTED);
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(59_000_000L);
    }
  }

  @Test
  void acquireStream_waitingForever_isServedWhenOneComesFree() {
    reopen(StreamSettings.DEFAULTS.withCapacity(1).withPatience(StreamSettings.FOREVER));
    Stream held = backend.acquireStream(device);
    FutureTask<Void> waiter = new FutureTask<>(() -> backend.acquireStream(device).close(), null);
    started(waiter, "waiter");
    held.close();
    joined(waiter);
  }

  @Test
  void acquireStream_interruptedWhileItWaits_isCancelled() throws InterruptedException {
    reopen(StreamSettings.DEFAULTS.withCapacity(1).withPatience(StreamSettings.FOREVER));
    try (Stream held = backend.acquireStream(device)) {
      assertThat(held.index()).isEqualTo(1);
      FutureTask<Void> waiter =
          new FutureTask<>(
              () -> {
                Thread.currentThread().interrupt();
                assertFails(() -> backend.acquireStream(device).close(), ErrorCode.CANCELLED);
                assertThat(Thread.interrupted()).as("flag").isTrue();
                return null;
              });
      started(waiter, "waiter");
      joined(waiter);
    }
  }

  @Test
  void acquireStream_absentDevice_isUnavailable() {
    Device absent = new Device("nosuch", 0);
    assertFails(() -> backend.acquireStream(absent).close(), ErrorCode.DEVICE_UNAVAILABLE);
    assertFails(() -> backend.defaultStream(absent).close(), ErrorCode.DEVICE_UNAVAILABLE);
    assertFails(() -> backend.newEvent(absent, false).close(), ErrorCode.DEVICE_UNAVAILABLE);
  }

  @Test
  void stream_recycledInTheMiddleOfWork_isDrained() {
    reopen(StreamSettings.DEFAULTS.withCapacity(1));
    try (Model model = loadSlow(500);
        Tensor x = floats(1)) {
      Stream stream = backend.acquireStream(device);
      Slot slot = model.newSlot(stream);
      Event done;
      try (Stream.Scope inside = stream.enter()) {
        slot.bind(NamedTensors.of(x));
        done = stream.run(List.of(slot));
      }
      stream.close();
      try (Stream again = backend.acquireStream(device);
          done;
          slot) {
        assertThat(again.index()).isEqualTo(1);
        assertThat(done.isDone()).as("work of the former user").isTrue();
      }
    }
  }

  @Test
  void stream_closedTwice_isGivenBackOnce() {
    reopen(StreamSettings.DEFAULTS.withCapacity(1));
    Stream first = backend.acquireStream(device);
    first.close();
    try (Stream second = backend.acquireStream(device)) {
      first.close();
      assertThat(second.index()).isEqualTo(1);
      assertFails(() -> backend.acquireStream(device).close(), ErrorCode.STREAMS_EXHAUSTED);
    }
  }

  @Test
  void stream_closed_refuses() {
    Stream stream = backend.acquireStream(device);
    stream.close();
    assertFails(() -> stream.enter().close(), ErrorCode.CLOSED);
    assertFails(() -> stream.run(List.of()).close(), ErrorCode.CLOSED);
    assertFails(stream::synchronize, ErrorCode.CLOSED);
  }

  @Test
  void stream_usedOutsideScope_isMisuse() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Tensor x = floats(2)) {
      slot.bind(NamedTensors.of(x));
      assertFails(() -> stream.run(List.of(slot)).close(), ErrorCode.MISUSE);
    }
  }

  @Test
  void stream_usedByOtherThread_isMisuse() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Event event = backend.newEvent(device, false)) {
      try (Stream.Scope inside = stream.enter()) {
        onOtherThread(
            () -> {
              assertFails(() -> stream.enter().close(), ErrorCode.MISUSE);
              assertFails(() -> stream.run(List.of()).close(), ErrorCode.MISUSE);
              assertFails(() -> stream.record(event), ErrorCode.MISUSE);
              assertFails(stream::synchronize, ErrorCode.MISUSE);
            });
        squareOnce(slot, stream, 1, 1);
      }
      onOtherThread(
          () -> {
            try (Stream.Scope inside = stream.enter()) {
              squareOnce(slot, stream, 2, 2);
            }
          });
    }
  }

  @Test
  void enter_nested_isLeftWithTheLast() {
    try (Model model = load(ContractModel.SQUARE);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream)) {
      Stream.Scope outer = stream.enter();
      Stream.Scope inner = stream.enter();
      inner.close();
      inner.close();
      squareOnce(slot, stream, 1, 1);
      outer.close();
      assertFails(() -> stream.run(List.of()).close(), ErrorCode.MISUSE);
    }
  }

  @Test
  void scope_closedByOtherThread_isMisuse() {
    try (Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter()) {
      onOtherThread(() -> assertFails(inside::close, ErrorCode.MISUSE));
      stream.run(List.of()).close();
    }
  }

  @Test
  void defaultStream_used_isIndex0AndNeverCloses() {
    Stream stream = backend.defaultStream(device);
    assertThat(stream.index()).isZero();
    assertThat(stream.device()).isEqualTo(device);
    stream.close();
    try (Model model = load(ContractModel.SQUARE)) {
      squareOn(model, backend.defaultStream(device));
      onOtherThread(() -> squareOn(model, backend.defaultStream(device)));
    }
  }

  private void squareOn(Model model, Stream stream) {
    try (Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      squareOnce(slot, stream, 3, 3);
    }
  }

  @Test
  void synchronize_stream_coversWhatWasEncoded() {
    try (Model model = loadSlow(300);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(1)) {
      slot.bind(NamedTensors.of(x));
      try (Event done = stream.run(List.of(slot))) {
        stream.synchronize();
        assertThat(done.isDone()).isTrue();
      }
      slot.takeOutputs().close();
    }
  }

  @Test
  void synchronize_device_coversAllStreams() {
    try (Model model = loadSlow(300);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Tensor x = floats(1)) {
      Event done;
      try (Stream.Scope inside = stream.enter()) {
        slot.bind(NamedTensors.of(x));
        done = stream.run(List.of(slot));
      }
      backend.synchronize(device);
      assertThat(done.isDone()).isTrue();
      done.close();
      slot.takeOutputs().close();
    }
  }

  @Test
  void backend_closedWhileSomebodyWaitsForAStream_letsThemGo() throws InterruptedException {
    reopen(StreamSettings.DEFAULTS.withCapacity(1).withPatience(StreamSettings.FOREVER));
    Stream held = backend.acquireStream(device);
    CountDownLatch asked = new CountDownLatch(1);
    FutureTask<Void> waiter =
        new FutureTask<>(
            () -> {
              asked.countDown();
              assertFails(() -> backend.acquireStream(device).close(), ErrorCode.CLOSED);
              return null;
            });
    started(waiter, "waiter");
    asked.await();
    backend.close();
    joined(waiter);
    held.close();
  }
}
