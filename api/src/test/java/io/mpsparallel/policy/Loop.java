package io.mpsparallel.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A policy that is obeyed for one kind of work, and what it decided. */
final class Loop {
  static final long WINDOW_NANOS = 250_000_000;
  static final WorkKind SMALL = WorkKind.of("small", 1000);
  static final List<Choice> TWO = List.of(Choice.THREADS, Choice.BATCHING);
  static final List<Choice> ALL =
      List.of(Choice.THREADS, Choice.BATCHING, Choice.PROCESSES, Choice.BATCHING_OVER_PROCESSES);

  /** What is served in a window. */
  interface Source {
    List<LoadSample> window(Choice told);
  }

  private final AdaptivePolicy policy;
  private final List<Choice> told = new ArrayList<>();
  private final List<Decision> decisions = new ArrayList<>();
  private Choice present;

  Loop(AdaptivePolicy policy, WorkKind kind, double inFlight) {
    this.policy = policy;
    present = policy.choose(kind, inFlight);
  }

  static AdaptivePolicy policy(List<Choice> allowed) {
    return new AdaptivePolicy(new PolicyFacts(allowed, false, Profile.NONE));
  }

  /** A window of callers who never pause: the time of a request follows from the rate. */
  static LoadSample closed(WorkKind kind, Choice choice, double callers, double perSecond) {
    long requests = Math.max(1, Math.round(perSecond * WINDOW_NANOS / 1e9));
    long mean = Math.round(callers / perSecond * 1e9);
    return new LoadSample(kind, choice, callers, requests, requests, WINDOW_NANOS, mean);
  }

  /** A factor between 0.9 and 1.1. */
  static double noise(Random random) {
    return 0.9 + 0.2 * random.nextDouble();
  }

  Loop run(int windows, Source source) {
    return run(windows, source, false);
  }

  /** While something is prepared. */
  Loop runDisturbed(int windows, Source source) {
    return run(windows, source, true);
  }

  private Loop run(int windows, Source source, boolean disturbed) {
    for (int i = 0; i < windows; i++) {
      told.add(present);
      for (Decision decision : policy.observe(source.window(present), disturbed)) {
        decisions.add(decision);
        present = decision.choice();
      }
    }
    return this;
  }

  /** What was told in each window. */
  List<Choice> told() {
    return told;
  }

  /** What is told for the next window. */
  Choice present() {
    return present;
  }

  List<Decision> decisions() {
    return decisions;
  }

  List<Reason> reasons() {
    return decisions.stream().map(Decision::reason).toList();
  }

  long switches() {
    long switches = 0;
    for (int i = 1; i < told.size(); i++) {
      switches += told.get(i).equals(told.get(i - 1)) ? 0 : 1;
    }
    return switches;
  }

  /** The most windows in a row, from one on, in which something else was told. */
  int longestWithout(Choice choice, int from) {
    int longest = 0;
    int now = 0;
    for (Choice each : told.subList(from, told.size())) {
      now = each.equals(choice) ? 0 : now + 1;
      longest = Math.max(longest, now);
    }
    return longest;
  }

  /** The part of the windows, from one on, in which a choice was told. */
  double share(Choice choice, int from) {
    List<Choice> counted = told.subList(from, told.size());
    return counted.stream().filter(choice::equals).count() / (double) counted.size();
  }
}
