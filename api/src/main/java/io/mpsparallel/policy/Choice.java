package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One way to serve requests. Immutable, any thread.
 *
 * @param route whether requests run one by one or are put together
 * @param over where they run
 */
public record Choice(Plan.Route route, Plan.Over over) {
  /** One by one on lanes of this process. */
  public static final Choice THREADS = new Choice(Plan.Route.DIRECT, Plan.Over.THREADS);

  /** Put together, on lanes of this process. */
  public static final Choice BATCHING = new Choice(Plan.Route.BATCHED, Plan.Over.THREADS);

  /** One by one in worker processes. */
  public static final Choice PROCESSES = new Choice(Plan.Route.DIRECT, Plan.Over.PROCESSES);

  /** Put together, in worker processes. */
  public static final Choice BATCHING_OVER_PROCESSES =
      new Choice(Plan.Route.BATCHED, Plan.Over.PROCESSES);

  /** All of them. */
  public static final List<Choice> ALL =
      List.of(THREADS, BATCHING, PROCESSES, BATCHING_OVER_PROCESSES);

  // Refuses null.
  public Choice {
    requireNonNull(route, "route");
    requireNonNull(over, "over");
  }

  /**
   * The choice of a name.
   *
   * @param id its {@link #id}
   * @return the choice, or empty if there is none of that name
   */
  public static Optional<Choice> of(String id) {
    return ALL.stream().filter(choice -> choice.id().equals(id)).findFirst();
  }

  /**
   * The stable name of this choice: {@code threads}, {@code batching}, {@code processes} or {@code
   * batching-over-processes}.
   *
   * @return the name
   */
  public String id() {
    String where = over.name().toLowerCase(Locale.ROOT);
    if (route == Plan.Route.DIRECT) {
      return where;
    }
    return over == Plan.Over.THREADS ? "batching" : "batching-over-" + where;
  }

  @Override
  public String toString() {
    return id();
  }
}
