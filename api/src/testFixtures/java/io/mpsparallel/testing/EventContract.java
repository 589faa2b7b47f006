package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events, and what is closed. */
@SuppressWarnings("try") // scopes are left, not read
abstract class EventContract extends StreamContract {
  @Test
  void event_notRecorded_isNotDoneAndCannotBeAwaited() {
    try (Event event = backend.newEvent(device, true);
        Event other = backend.newEvent(device, true);
        Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter()) {
      assertThat(event.isDone()).isFalse();
      assertFails(() -> event.await(PATIENCE), ErrorCode.MISUSE);
      assertFails(() -> event.elapsedSince(other), ErrorCode.MISUSE);
      assertFails(() -> stream.waitFor(event), ErrorCode.MISUSE);
    }
  }

  @Test
  void event_recorded_isReached() {
    try (Event event = backend.newEvent(device, false);
        Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter()) {
      stream.record(event);
      event.await(PATIENCE);
      assertThat(event.isDone()).isTrue();
      onOtherThread(() -> event.await(PATIENCE));
    }
  }

  @Test
  void event_recordedTwice_forgetsTheFirst() {
    try (Model model = loadSlow(300);
        Event event = backend.newEvent(device, false);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(1)) {
      stream.record(event);
      event.await(PATIENCE);
      slot.bind(NamedTensors.of(x));
      try (Event done = stream.run(List.of(slot))) {
        stream.record(event);
        event.await(PATIENCE);
        assertThat(done.isDone()).as("work before the second mark").isTrue();
      }
      slot.takeOutputs().close();
    }
  }

  @Test
  void elapsedSince_timedEvents_coversTheWorkBetween() {
    try (Model model = loadSlow(300);
        Event before = backend.newEvent(device, true);
        Event after = backend.newEvent(device, true);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(1)) {
      stream.record(before);
      forwardInside(slot, stream, NamedTensors.of(x)).close();
      stream.record(after);
      after.await(PATIENCE);
      assertThat(after.elapsedSince(before)).isPositive();
    }
  }

  @Test
  void elapsedSince_untimedEvent_isMisuse() {
    try (Event timed = backend.newEvent(device, true);
        Event untimed = backend.newEvent(device, false);
        Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter()) {
      stream.record(timed);
      stream.record(untimed);
      untimed.await(PATIENCE);
      timed.await(PATIENCE);
      assertFails(() -> untimed.elapsedSince(timed), ErrorCode.MISUSE);
      assertFails(() -> timed.elapsedSince(untimed), ErrorCode.MISUSE);
    }
  }

  @Test
  void event_closed_refusesAndClosesAgain() {
    try (Stream stream = backend.acquireStream(device);
        Stream.Scope inside = stream.enter()) {
      Event event = backend.newEvent(device, false);
      stream.record(event);
      event.await(PATIENCE);
      event.close();
      event.close();
      assertFails(event::isDone, ErrorCode.CLOSED);
      assertFails(() -> event.await(PATIENCE), ErrorCode.CLOSED);
      assertFails(() -> stream.record(event), ErrorCode.CLOSED);
      assertFails(() -> stream.waitFor(event), ErrorCode.CLOSED);
    }
  }

  @Test
  void await_workTooSlow_timesOutWhereAsynchronous() {
    try (Model model = loadSlow(5_000);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(1)) {
      slot.bind(NamedTensors.of(x));
      try (Event done = stream.run(List.of(slot))) {
        if (facts().asynchronous()) {
          assertFails(() -> done.await(Duration.ofMillis(1)), ErrorCode.DEVICE_TIMEOUT);
        } else {
          done.await(Duration.ofMillis(1));
        }
        done.await(PATIENCE);
      }
      slot.takeOutputs().close();
    }
  }

  @Test
  void await_interrupted_isCancelledWhereItWouldWait() {
    try (Model model = loadSlow(5_000);
        Stream stream = backend.acquireStream(device);
        Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(1)) {
      slot.bind(NamedTensors.of(x));
      try (Event done = stream.run(List.of(slot))) {
        if (facts().asynchronous()) {
          Thread.currentThread().interrupt();
          assertFails(() -> done.await(PATIENCE), ErrorCode.CANCELLED);
          assertThat(Thread.interrupted()).as("flag").isTrue();
        }
        done.await(PATIENCE);
      }
      slot.takeOutputs().close();
    }
  }

  @Test
  void waitFor_producersEvent_letsTheConsumerRead() {
    try (Model square = load(ContractModel.SQUARE);
        Stream producer = backend.acquireStream(device);
        Stream consumer = backend.acquireStream(device);
        Event made = backend.newEvent(device, false);
        Tensor x = floats(3);
        NamedTensors product = produce(square, producer, made, x)) {
      onOtherThread(
          () -> {
            try (Slot slot = square.newSlot(consumer);
                Stream.Scope inside = consumer.enter()) {
              consumer.waitFor(made);
              try (NamedTensors outputs =
                  forwardInside(slot, consumer, NamedTensors.of(product.get(0)))) {
                assertThat(outputs.get(0).toFloatArray()).containsExactly(81);
              }
            }
          });
    }
  }

  private NamedTensors produce(Model model, Stream stream, Event made, Tensor input) {
    try (Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      slot.bind(NamedTensors.of(input));
      stream.run(List.of(slot)).close();
      stream.record(made);
      made.await(PATIENCE);
      return slot.takeOutputs();
    }
  }

  @Test
  void backend_closed_refusesEverything() {
    Model model = load(ContractModel.SQUARE);
    Stream stream = backend.acquireStream(device);
    Slot slot = model.newSlot(stream);
    Event event = backend.newEvent(device, false);
    try (Tensor x = floats(1)) {
      backend.close();
      backend.close();
      assertFails(
          () -> backend.load(model(ContractModel.SQUARE, directory), device), ErrorCode.CLOSED);
      assertFails(() -> backend.acquireStream(device).close(), ErrorCode.CLOSED);
      assertFails(() -> backend.defaultStream(device).close(), ErrorCode.CLOSED);
      assertFails(() -> backend.newEvent(device, false).close(), ErrorCode.CLOSED);
      assertFails(() -> backend.synchronize(device), ErrorCode.CLOSED);
      assertFails(() -> backend.useThreads(ThreadSettings.DEFAULTS), ErrorCode.CLOSED);
      assertFails(() -> stream.enter().close(), ErrorCode.CLOSED);
      assertFails(() -> stream.run(List.of()).close(), ErrorCode.CLOSED);
      assertFails(() -> slot.bind(NamedTensors.of(x)), ErrorCode.CLOSED);
      assertFails(() -> model.newSlot(stream).close(), ErrorCode.CLOSED);
    } finally {
      event.close();
      slot.close();
      stream.close();
      model.close();
    }
  }

  @Test
  void backend_openedAgainAfterClose_works() {
    backend.close();
    try (Backend again = open(BackendSettings.DEFAULTS)) {
      assertThat(again.devices()).contains(device);
    }
  }
}
