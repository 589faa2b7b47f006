package io.mpsparallel.policy;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Finds how many lanes to use, from what so many lanes gave. More are not always faster: lanes wait
 * for each other, and from some count on every further one costs more than it gives. So it measures
 * a few counts, doubling and halving, fits the {@link ScalabilityLaw} to them, measures where that
 * has its peak, and takes the fewest lanes that are about as fast as any. From then on it looks at
 * another count ever more rarely, and goes back when what it uses falls clearly below another.
 *
 * <p>It has no clock, and the same windows lead to the same counts. For one thread.
 */
public final class LaneScaling {
  /** Below this part of another count is clearly worse, */
  private static final double CLEARLY_WORSE = 0.9;

  /** in so many windows in a row. */
  private static final int AGREEING = 3;

  /** Windows of a count before it is compared with others. */
  private static final int WINDOWS = 5;

  /** Counts that are measured before it settles. */
  private static final int MOST_STEPS = 12;

  /** Windows before it looks at another count: at first, and at most. */
  private static final int FIRST_WAIT = 120;

  private static final int MOST_WAIT = 2400;

  private final LaneCurve curve;
  private int lanes;
  private boolean settling;
  private int counted;
  private int worse;
  private int stepsLeft = MOST_STEPS;
  private int wait = FIRST_WAIT;
  private int waited;
  private boolean upwards;

  /**
   * Nothing was measured.
   *
   * @param most the most lanes that may be used, at least 1
   * @param start how many there are, at least 1
   */
  public LaneScaling(int most, int start) {
    if (start < 1 || start > most) {
      throw new IllegalArgumentException("start: " + start + " (expected: 1.." + most + ")");
    }
    curve = new LaneCurve(most);
    lanes = start;
  }

  /**
   * Takes a window.
   *
   * @param used how many lanes there were
   * @param rowsPerSecond the rows that they answered in a second
   * @param saturated whether all of them had work all the time; if not, nothing is learned
   * @return how many to use from now on
   */
  public int observe(int used, double rowsPerSecond, boolean saturated) {
    if (used != lanes || !saturated || !(rowsPerSecond > 0)) {
      return lanes;
    }
    if (settling) {
      settling = false;
      return lanes;
    }
    curve.add(lanes, rowsPerSecond);
    worse = rowsPerSecond < CLEARLY_WORSE * curve.fastestBesides(lanes) ? worse + 1 : 0;
    counted++;
    waited++;
    decide();
    return lanes;
  }

  /** {@return whether it is still measuring counts, rather than using the one that it found} */
  public boolean isSearching() {
    return stepsLeft > 0;
  }

  /** {@return what was learned, if at least three counts were measured; see its peak} */
  public Optional<ScalabilityLaw> law() {
    return curve.law();
  }

  private void decide() {
    if (stepsLeft > 0) {
      explore();
    } else if (worse >= AGREEING) {
      curve.keepLast(lanes, AGREEING);
      useAfresh(curve.fastest());
    } else if (waited >= wait) {
      wait = Math.min(MOST_WAIT, 2 * wait);
      waited = 0;
      upwards = !upwards;
      stepsLeft = 1;
      useAfresh(curve.worthAnotherLook(lanes, upwards));
    }
  }

  private void explore() {
    if (counted >= WINDOWS) {
      stepsLeft--;
      OptionalInt next = stepsLeft > 0 ? curve.unexplored() : OptionalInt.empty();
      stepsLeft = next.isPresent() ? stepsLeft : 0;
      use(next.orElseGet(curve::best));
    }
  }

  /** What was measured of it before may be long ago. */
  private void useAfresh(int next) {
    if (next != lanes) {
      curve.keepLast(next, 0);
    }
    use(next);
  }

  private void use(int next) {
    if (next != lanes) {
      lanes = next;
      settling = true;
      counted = 0;
      worse = 0;
    }
  }
}
