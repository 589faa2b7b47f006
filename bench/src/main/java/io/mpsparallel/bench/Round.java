package io.mpsparallel.bench;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.Map;

/**
 * What every cell gave in one round.
 *
 * @param cells by name
 */
record Round(Map<String, Measured> cells) {
  Measured at(String cell) {
    return requireNonNull(cells.get(cell), cell);
  }

  double rate(String cell) {
    return at(cell).perSecond();
  }

  /** {@return the highest rate among some cells} */
  double best(Collection<String> names) {
    return names.stream().mapToDouble(this::rate).max().orElseThrow();
  }
}
