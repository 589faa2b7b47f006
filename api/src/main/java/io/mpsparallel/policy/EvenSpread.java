package io.mpsparallel.policy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Spreads lanes or workers over devices, so that none has two more than another. Pure functions.
 */
public final class EvenSpread {
  private EvenSpread() {}

  /**
   * Where the next one goes: where the fewest are.
   *
   * @param <P> what says where something is
   * @param places where it may go, at least one
   * @param taken where the others are
   * @return one of the places, the first of those with the fewest
   */
  public static <P> P next(List<P> places, Collection<P> taken) {
    P best = places.get(0);
    long fewest = Long.MAX_VALUE;
    for (P place : places) {
      long there = taken.stream().filter(place::equals).count();
      if (there < fewest) {
        fewest = there;
        best = place;
      }
    }
    return best;
  }

  /**
   * Which of several stay if not all can: of each place in turn.
   *
   * @param <T> what is spread
   * @param <P> what says where something is
   * @param all those there are; of one place the first stay
   * @param most how many can stay
   * @param placeOf where one is
   * @return those that stay
   */
  public static <T, P> List<T> kept(List<T> all, int most, Function<T, P> placeOf) {
    Map<P, List<T>> byPlace = new LinkedHashMap<>();
    all.forEach(
        one -> byPlace.computeIfAbsent(placeOf.apply(one), p -> new ArrayList<>()).add(one));
    List<T> kept = new ArrayList<>();
    for (int round = 0; kept.size() < Math.min(most, all.size()); round++) {
      for (List<T> there : byPlace.values()) {
        if (round < there.size() && kept.size() < most) {
          kept.add(there.get(round));
        }
      }
    }
    return kept;
  }
}
