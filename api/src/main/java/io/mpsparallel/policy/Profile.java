package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was measured earlier, for example by a calibration: rows per second of each choice, with as
 * many callers as a bucket names, each of whom hands in the next request when it has the answer to
 * the one before. Immutable, any thread.
 *
 * @param rowsPerSecond what was measured, each figure above 0
 */
public record Profile(Map<Entry, Double> rowsPerSecond) {
  /** Nothing was measured. */
  public static final Profile NONE = new Profile(Map.of());

  /**
   * What a figure was measured for.
   *
   * @param kind what kind of work, of whatever version of the model: what is measured of one holds
   *     for every model whose file has that name
   * @param callersBucket how many callers, see {@link WorkKind#callersBucket}
   * @param choice what served it
   */
  public record Entry(WorkKind kind, int callersBucket, Choice choice) {
    // Checks the ranges.
    public Entry {
      kind = requireNonNull(kind, "kind").ofAnyVersion();
      requireNonNull(choice, "choice");
      if (callersBucket < 1 || Integer.bitCount(callersBucket) != 1) {
        throw new IllegalArgumentException(
            "callersBucket: " + callersBucket + " (expected: a power of two)");
      }
    }
  }

  // Copies the map and checks its figures.
  public Profile {
    rowsPerSecond = Map.copyOf(rowsPerSecond);
    rowsPerSecond.forEach(
        (entry, rate) -> {
          if (!(rate > 0) || rate.isInfinite()) {
            throw new IllegalArgumentException(entry + ": " + rate + " (expected: above 0)");
          }
        });
  }

  /**
   * The fastest of some choices, if this profile compares at least two of them.
   *
   * @param kind what kind of work
   * @param callersBucket how many callers
   * @param among the choices
   * @return the fastest, or empty
   */
  public Optional<Choice> fastest(WorkKind kind, int callersBucket, Collection<Choice> among) {
    List<Choice> measured =
        among.stream().filter(choice -> has(kind, callersBucket, choice)).toList();
    if (measured.size() < 2) {
      return Optional.empty();
    }
    return measured.stream()
        .max(
            Comparator.comparingDouble(
                choice -> rowsPerSecond.getOrDefault(new Entry(kind, callersBucket, choice), 0.0)));
  }

  /**
   * Whether a choice was measured.
   *
   * @param kind what kind of work
   * @param callersBucket how many callers
   * @param choice the choice
   * @return whether there is a figure
   */
  public boolean has(WorkKind kind, int callersBucket, Choice choice) {
    return rowsPerSecond.containsKey(new Entry(kind, callersBucket, choice));
  }
}
