package io.mpsparallel.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * The numbers of rows that batches are padded to: few of them, so that a device which prepares for
 * every new shape meets each again. Immutable.
 *
 * @param automatic whether the device decides; then {@code rows} is empty
 * @param rows rising numbers of rows; none for any
 */
public record BatchSizes(boolean automatic, List<Integer> rows) {
  /** The device decides: {@link #on}. */
  public static final BatchSizes AUTO = new BatchSizes(true, List.of());

  /** Nothing is padded. */
  public static final BatchSizes ANY = new BatchSizes(false, List.of());

  // Copies the list.
  public BatchSizes {
    rows = List.copyOf(rows);
    if (automatic && !rows.isEmpty()) {
      throw Check.invalid("batching.sizes", rows, "none, if the device decides");
    }
    int least = 1;
    for (int size : rows) {
      if (size < least) {
        throw Check.invalid("batching.sizes", rows, "rising sizes of 1..batching.max-rows");
      }
      least = size + 1;
    }
  }

  /**
   * Sizes that were chosen.
   *
   * @param rows rising numbers of rows; none for any
   * @return these
   */
  public static BatchSizes of(Integer... rows) {
    return rows.length == 0 ? ANY : new BatchSizes(false, List.of(rows));
  }

  /**
   * The sizes for a device. Where it records forwards, and nothing was chosen, they are 1, 2, 3, 4,
   * 6, 8, 12 and so on, two for each power of two: a batch has at most a third of its rows for
   * nothing.
   *
   * @param records whether the device records forwards of each shape
   * @param maxRows the most rows of a batch, which is the last of them
   * @return rising numbers of rows; none for any
   */
  public List<Integer> on(boolean records, int maxRows) {
    if (!automatic) {
      return rows;
    }
    List<Integer> all = new ArrayList<>();
    if (records) {
      for (int size = 1; size < maxRows; size = next(size)) {
        all.add(size);
      }
      all.add(maxRows);
    }
    return List.copyOf(all);
  }

  /** From a power of two to one and a half times it, and from there to the next. */
  private static int next(int size) {
    int power = Integer.highestOneBit(size);
    return size == power ? power + Math.max(1, power / 2) : 2 * power;
  }

  /** {@return as a configuration says it} */
  @Override
  public String toString() {
    return automatic ? "auto" : rows.toString();
  }
}
