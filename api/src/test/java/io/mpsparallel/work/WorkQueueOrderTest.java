package io.mpsparallel.work;

import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** The queue answers, in every interleaving, as if its operations came one by one. */
class WorkQueueOrderTest {
  @Test
  void operations_anyInterleaving_areLinearizable() {
    new ModelCheckingOptions()
        .iterations(3)
        .invocationsPerIteration(100)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(2)
        .actorsAfter(2)
        .sequentialSpecification(Specification.class)
        .check(Waiting.class);
  }

  /** A queue of two places for the items that its numbers stand for: 3 goes first. */
  @Param(name = "number", gen = IntGen.class, conf = "1:3")
  public static final class Waiting {
    private final WorkQueue queue = new WorkQueue(2, () -> 0L);
    private final Map<WorkItem, Integer> numbers = new ConcurrentHashMap<>();

    /** Whether there was room; else why not. */
    @Operation
    public String offer(@Param(name = "number") int number) {
      Priority priority = number == 3 ? Priority.HIGH : Priority.LOW;
      WorkItem item = Items.item(priority, WorkItem.NO_DEADLINE);
      numbers.put(item, number);
      try {
        queue.offer(item);
        return "ACCEPTED";
      } catch (InferenceException e) {
        return e.code().name();
      }
    }

    /** The number whose turn it is, or -1. */
    @Operation
    public int take() throws InterruptedException {
      WorkItem item = queue.take(Duration.ZERO);
      return item == null ? -1 : numbers.get(item);
    }

    /** Ends it: with a 3, what waits fails; else it can still be taken. */
    @Operation
    public void close(@Param(name = "number") int number) {
      queue.close(number == 3 ? BoundedSource.closedError() : null);
    }

    /** How many wait. */
    @Operation
    public int size() {
      return queue.size();
    }
  }

  /** The same in one thread, in plain words. */
  public static final class Specification {
    private final java.util.List<Integer> waiting = new java.util.ArrayList<>();
    private boolean closed;

    /** Whether there was room; else why not. */
    public String offer(int number) {
      if (closed) {
        return "CLOSED";
      }
      return waiting.size() < 2 && waiting.add(number) ? "ACCEPTED" : "OVERLOADED";
    }

    /** Ends it. */
    public void close(int number) {
      closed = true;
      if (number == 3) {
        waiting.clear();
      }
    }

    /** A 3, or else the first, or else -1. */
    public int take() {
      for (Integer number : waiting) {
        if (number == 3) {
          waiting.remove(number);
          return number;
        }
      }
      return waiting.isEmpty() ? -1 : waiting.remove(0);
    }

    /** How many wait. */
    public int size() {
      return waiting.size();
    }
  }
}
