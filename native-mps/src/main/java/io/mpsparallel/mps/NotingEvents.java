package io.mpsparallel.mps;

import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The events of a device, which says of each failure that it has seen it: a forward that broke the
 * device is first heard of when somebody asks about its event.
 */
final class NotingEvents<E> implements EventDriver<E> {
  private final EventDriver<E> events;
  private final UnaryOperator<InferenceException> note;

  NotingEvents(EventDriver<E> events, UnaryOperator<InferenceException> note) {
    this.events = events;
    this.note = note;
  }

  @Override
  public E create(boolean timed) {
    return noted(() -> events.create(timed));
  }

  @Override
  public void destroy(E event) {
    events.destroy(event); // of a broken device, which says nothing new
  }

  @Override
  public boolean query(E event) {
    try {
      return events.query(event);
    } catch (InferenceException e) {
      throw note.apply(e);
    }
  }

  @Override
  public Duration elapsed(E from, E to) {
    return noted(() -> events.elapsed(from, to));
  }

  @Override
  public boolean await(E event, long nanos) {
    try {
      return events.await(event, nanos);
    } catch (InferenceException e) {
      throw note.apply(e);
    }
  }

  private <T> T noted(Supplier<T> call) {
    try {
      return call.get();
    } catch (InferenceException e) {
      throw note.apply(e);
    }
  }
}
