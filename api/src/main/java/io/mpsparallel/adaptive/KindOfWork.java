package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.WorkKind;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** One kind of work: what serves it now, and what each choice has served of it. Any thread. */
final class KindOfWork {
  private final WorkKind kind;
  private final Map<Choice, Traffic> traffic;
  private volatile Choice choice;

  KindOfWork(WorkKind kind, List<Choice> allowed, Choice first) {
    this.kind = kind;
    traffic =
        allowed.stream().collect(Collectors.toUnmodifiableMap(c -> c, c -> new Traffic(kind, c)));
    choice = first;
  }

  WorkKind kind() {
    return kind;
  }

  Choice choice() {
    return choice;
  }

  void choose(Choice next) {
    choice = next;
  }

  Traffic traffic(Choice served) {
    return Objects.requireNonNull(traffic.get(served), "served");
  }

  /** What was seen since the last look. */
  List<LoadSample> look(long windowNanos) {
    return traffic.values().stream()
        .map(served -> served.look(windowNanos))
        .filter(Objects::nonNull)
        .toList();
  }
}
