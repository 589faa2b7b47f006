package io.mpsparallel.policy;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** The throughput of each count of lanes that was measured, and where to look next. One thread. */
final class LaneCurve {
  /** Lanes that add less than this to the greatest throughput are not worth having. */
  private static final double ENOUGH = 0.995;

  /** Another count is worth a look if it promises this. */
  private static final double PROMISING = 1.01;

  /** The law is believed if it is this close to all that was measured. */
  private static final double FITS = 0.1;

  /** Counts to measure before the law decides; with three, it would fit any noise. */
  private static final int COUNTS = 5;

  /** Windows that a median is taken from. */
  private static final int WINDOWS = 8;

  private final int most;
  private final TreeMap<Integer, ArrayDeque<Double>> rates = new TreeMap<>();

  LaneCurve(int most) {
    this.most = most;
  }

  void add(int lanes, double rate) {
    ArrayDeque<Double> windows = rates.computeIfAbsent(lanes, unseen -> new ArrayDeque<>(WINDOWS));
    if (windows.size() == WINDOWS) {
      windows.removeFirst();
    }
    windows.addLast(rate);
  }

  /** Forgets all windows of a count but the last. */
  void keepLast(int lanes, int windows) {
    ArrayDeque<Double> kept = rates.getOrDefault(lanes, new ArrayDeque<>());
    while (kept.size() > windows) {
      kept.removeFirst();
    }
    rates.values().removeIf(ArrayDeque::isEmpty);
  }

  private Map<Integer, Double> medians() {
    Map<Integer, Double> medians = new TreeMap<>();
    rates.forEach(
        (lanes, windows) ->
            medians.put(lanes, Median.of(windows.stream().mapToDouble(rate -> rate))));
    return medians;
  }

  Optional<ScalabilityLaw> law() {
    return ScalabilityLaw.fit(medians());
  }

  /** The throughput of every count that was measured: by the law if it fits, as measured if not. */
  private Map<Integer, Double> smoothed() {
    Map<Integer, Double> medians = medians();
    Optional<ScalabilityLaw> law = law().filter(found -> fits(found, medians));
    law.ifPresent(found -> medians.replaceAll((lanes, rate) -> found.at(lanes)));
    return medians;
  }

  private static boolean fits(ScalabilityLaw law, Map<Integer, Double> medians) {
    return medians.entrySet().stream()
        .allMatch(each -> Math.abs(law.at(each.getKey()) / each.getValue() - 1) < FITS);
  }

  /** The fewest lanes that were measured and are about as fast as any. */
  int best() {
    return best(smoothed(), ENOUGH);
  }

  /** The lanes that were fastest, whatever the law says. */
  int fastest() {
    return best(medians(), 1);
  }

  private static int best(Map<Integer, Double> throughputs, double part) {
    double least = part * throughputs.values().stream().max(Double::compare).orElseThrow();
    return throughputs.entrySet().stream()
        .filter(each -> each.getValue() >= least)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  /** The throughput of the fastest other count, 0 if there is none. */
  double fastestBesides(int lanes) {
    Map<Integer, Double> others = medians();
    others.remove(lanes);
    return others.values().stream().max(Double::compare).orElse(0.0);
  }

  /** A count that was not measured and may be better than what was. */
  OptionalInt unexplored() {
    int best = best(smoothed(), 1);
    int low = rates.firstKey();
    int high = rates.lastKey();
    boolean few = rates.size() < COUNTS;
    if (high < most && (best == high || (few && low == 1))) {
      return OptionalInt.of((int) Math.min(most, 2L * high));
    }
    if (low > 1 && (best == low || few)) {
      return OptionalInt.of(low / 2);
    }
    Optional<ScalabilityLaw> law = law().filter(found -> fits(found, medians()));
    return law.isPresent() ? promising(law.get(), best) : between(best);
  }

  private OptionalInt promising(ScalabilityLaw law, int best) {
    int peak = fewestEnough(law);
    boolean worthALook = !rates.containsKey(peak) && law.at(peak) > PROMISING * law.at(best);
    return worthALook ? OptionalInt.of(peak) : OptionalInt.empty();
  }

  private int fewestEnough(ScalabilityLaw law) {
    return law.fewest(ENOUGH, (int) Math.min(most, 2L * rates.lastKey()));
  }

  /** No law: halfway from the best to its neighbours. */
  private OptionalInt between(int best) {
    Integer more = rates.higherKey(best);
    if (more != null && more - best > 1) {
      return OptionalInt.of((more + best) / 2);
    }
    Integer fewer = rates.lowerKey(best);
    return fewer != null && best - fewer > 1
        ? OptionalInt.of((best + fewer) / 2)
        : OptionalInt.empty();
  }

  /** A count to look at again: where the law has its peak, else a neighbour on either side. */
  int worthAnotherLook(int lanes, boolean upwards) {
    int peak = law().map(this::fewestEnough).orElse(lanes);
    Integer more = rates.higherKey(lanes);
    Integer fewer = rates.lowerKey(lanes);
    if (peak != lanes || (more == null && fewer == null)) {
      return peak;
    }
    return fewer == null || (upwards && more != null) ? more : fewer;
  }
}
