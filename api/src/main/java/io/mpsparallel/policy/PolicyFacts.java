package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Capabilities;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What an {@link AdaptivePolicy} is told once. Immutable, any thread.
 *
 * @param allowed the choices it has, at least one, each once; the order breaks ties, and is the
 *     order in which alternatives are tried
 * @param oneForwardAtATime whether the device runs only one forward at a time; if so, what puts
 *     requests together is tried first
 * @param profile what was measured earlier
 */
public record PolicyFacts(List<Choice> allowed, boolean oneForwardAtATime, Profile profile) {
  // Copies the list and checks it.
  public PolicyFacts {
    allowed = List.copyOf(allowed);
    requireNonNull(profile, "profile");
    if (allowed.isEmpty() || allowed.stream().distinct().count() < allowed.size()) {
      throw new IllegalArgumentException(
          "allowed: " + allowed + " (expected: at least one choice, each once)");
    }
  }

  /**
   * The facts for a device, without a profile.
   *
   * @param allowed the choices, at least one, each once
   * @param device the facts of the device
   * @return the facts
   */
  public static PolicyFacts of(List<Choice> allowed, Capabilities device) {
    return new PolicyFacts(allowed, device.concurrentForwards() == 1, Profile.NONE);
  }

  /**
   * The same with a profile.
   *
   * @param changed what was measured earlier
   * @return the changed facts
   */
  public PolicyFacts withProfile(Profile changed) {
    return new PolicyFacts(allowed, oneForwardAtATime, changed);
  }

  /** {@return what serves a lone caller: nothing is put together then, and nothing is sent away} */
  Choice forOneCaller() {
    return first(Choice.THREADS).or(() -> first(Plan.Route.DIRECT)).orElse(allowed.get(0));
  }

  /** {@return what serves many callers with small requests: put together, if that is allowed} */
  Choice forManyCallers() {
    return first(Choice.BATCHING).or(() -> first(Plan.Route.BATCHED)).orElseGet(this::forOneCaller);
  }

  private Optional<Choice> first(Choice wanted) {
    return allowed.stream().filter(wanted::equals).findFirst();
  }

  private Optional<Choice> first(Plan.Route route) {
    return allowed.stream().filter(choice -> choice.route() == route).findFirst();
  }

  /** {@return the alternatives to a choice, in the order in which they are tried} */
  List<Choice> alternativesTo(Choice present) {
    return allowed.stream()
        .filter(choice -> !choice.equals(present))
        .sorted(Comparator.comparing(this::comesLater))
        .toList();
  }

  private boolean comesLater(Choice choice) {
    return oneForwardAtATime && choice.route() != Plan.Route.BATCHED;
  }
}
