package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Capabilities;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

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
   * The facts for a device, without a profile. On a GPU, worker processes are left out, unless
   * there is nothing else.
   *
   * @param allowed the choices, at least one, each once
   * @param device the facts of the device
   * @return the facts
   */
  public static PolicyFacts of(List<Choice> allowed, Capabilities device) {
    return new PolicyFacts(
        worthwhile(allowed, device), device.concurrentForwards() == 1, Profile.NONE);
  }

  /** On a GPU, streams of its own process always beat other processes, which take turns there. */
  private static List<Choice> worthwhile(List<Choice> allowed, Capabilities device) {
    List<Choice> here =
        allowed.stream().filter(choice -> choice.over() == Plan.Over.THREADS).toList();
    return device.asynchronous() && !here.isEmpty() ? here : allowed;
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
    return forOneCaller(allowed);
  }

  /** {@return the same among some of the allowed choices} */
  static Choice forOneCaller(List<Choice> among) {
    return first(among, Choice.THREADS::equals)
        .or(() -> first(among, choice -> choice.route() == Plan.Route.DIRECT))
        .orElse(among.get(0));
  }

  /** {@return what serves many callers with small requests: put together, if that is allowed} */
  Choice forManyCallers() {
    return forManyCallers(allowed);
  }

  /** {@return the same among some of the allowed choices} */
  static Choice forManyCallers(List<Choice> among) {
    return first(among, Choice.BATCHING::equals)
        .or(() -> first(among, choice -> choice.route() == Plan.Route.BATCHED))
        .orElseGet(() -> forOneCaller(among));
  }

  private static Optional<Choice> first(List<Choice> among, Predicate<Choice> wanted) {
    return among.stream().filter(wanted).findFirst();
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
