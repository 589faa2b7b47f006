package io.mpsparallel.bench;

/**
 * The rate of a cell over that of another one in the same round; the more, the better.
 *
 * @param name what the file of expectations calls it
 * @param most what it is on a quiet machine; a round that gives more was disturbed in the base
 * @param cell the name of the one cell
 * @param base the name of the other
 */
record Ratio(String name, double most, String cell, String base) {
  private static final double UPPER_QUARTILE = 0.75;

  String what() {
    return cell + " / " + base;
  }

  /** {@return its value in one round} */
  double in(Round round) {
    return Math.min(most, round.rate(cell) / round.rate(base));
  }

  /** {@return the upper quartile of its values: noise that is left makes them less} */
  double value(Rounds rounds) {
    double[] sorted = rounds.rounds().stream().mapToDouble(this::in).sorted().toArray();
    return sorted[(int) Math.round(UPPER_QUARTILE * (sorted.length - 1))];
  }
}
