package io.mpsparallel.policy;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which choices cannot serve now: for no kind of work, or not for one. Whatever is absent, at least
 * one of those that are allowed counts as present. And which are not to be tried yet. One thread.
 */
final class Absence {
  private final List<Choice> allowed;
  private final Set<Choice> everywhere;
  private final Set<Choice> here = new HashSet<>();
  private final Set<Choice> notYet = new HashSet<>();

  private Absence(List<Choice> allowed, Set<Choice> everywhere) {
    this.allowed = allowed;
    this.everywhere = everywhere;
  }

  /** Nothing is absent, for any kind. */
  static Absence none(PolicyFacts facts) {
    return new Absence(facts.allowed(), new HashSet<>());
  }

  /** For one kind: what is absent for all, and more. */
  Absence ofOneKind() {
    return new Absence(allowed, everywhere);
  }

  /** A choice cannot serve any kind; false if that is known, or nothing would be left. */
  boolean leaveEverywhere(Choice choice) {
    return mayLeave(choice) && everywhere.add(choice);
  }

  /** A choice cannot serve this kind; false if that is known, or nothing would be left. */
  boolean leaveHere(Choice choice) {
    return mayLeave(choice) && here.add(choice);
  }

  private boolean mayLeave(Choice choice) {
    return allowed.stream().anyMatch(other -> !other.equals(choice) && isPresent(other));
  }

  void comeBack(Choice choice) {
    everywhere.remove(choice);
  }

  /** A choice is not to be tried for this kind yet; it may serve. */
  void postpone(Choice choice) {
    notYet.add(choice);
  }

  void resume(Choice choice) {
    notYet.remove(choice);
  }

  boolean mayBeTried(Choice choice) {
    return isPresent(choice) && !notYet.contains(choice);
  }

  boolean isPresent(Choice choice) {
    return !everywhere.contains(choice) && !here.contains(choice);
  }

  /** Those that are present, in their order; all, if none is. */
  List<Choice> presentOf(Collection<Choice> choices) {
    List<Choice> present = choices.stream().filter(this::isPresent).toList();
    return present.isEmpty() ? List.copyOf(choices) : present;
  }
}
