package io.mpsparallel.adaptive;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.policy.AdaptivePolicy;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.strategy.ParallelismStrategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done at the end of each window: asks the {@link AdaptivePolicy}, starts what it wants,
 * has the kinds of work served by that, and stops what is not used. One thread, but {@link
 * #decisions} any.
 */
final class Chooser {
  private static final Logger LOG = LoggerFactory.getLogger(Chooser.class);
  private static final int KEPT_DECISIONS = 64;

  /** After so many windows without a request, a strategy other than that of home is closed. */
  private static final int IDLE_WINDOWS = 240;

  private final AdaptivePolicy policy;
  private final Choices choices;
  private final Kinds kinds;
  private final Outages outages;
  private final LaneCounts laneCounts;
  private final Duration stopPatience;
  private final Map<Choice, Integer> idleWindows = new HashMap<>();
  private final Map<Choice, Long> failures = new HashMap<>();
  private final List<Decision> decisions = new ArrayList<>(); // guarded by itself

  /**
   * A chooser that has seen nothing.
   *
   * @param laneCounts takes lanes away that answer no more rows
   * @param pause for how long a choice is left alone that cannot be started
   * @param stopPatience for how long to wait for what an unused strategy has in hand
   */
  Chooser(
      AdaptivePolicy policy,
      Choices choices,
      Kinds kinds,
      LaneCounts laneCounts,
      Duration pause,
      Duration stopPatience) {
    this.policy = policy;
    this.choices = choices;
    this.kinds = kinds;
    this.laneCounts = laneCounts;
    this.stopPatience = stopPatience;
    outages = new Outages(pause.toNanos());
  }

  /** At the end of a window; false if nothing was going on. */
  boolean look(long windowNanos) {
    List<KindOfWork> all = kinds.all();
    List<LoadSample> window = new ArrayList<>();
    all.forEach(kind -> window.addAll(kind.look(windowNanos)));
    window.forEach(sample -> LOG.trace("{}", sample));
    boolean busy = !window.isEmpty();
    lookAtFailures(window, all);
    lookAtLanes(window);
    policy.observe(window).forEach(decision -> follow(decision, all));
    serveAsWanted(window, all);
    stopIdle(window, all);
    return busy;
  }

  // ---- what fails ----

  /** What failed in a window says nothing about how fast a choice is. */
  private void lookAtFailures(List<LoadSample> window, List<KindOfWork> all) {
    Set<Choice> failing = new HashSet<>();
    for (Choice choice : choices.allowed()) {
      if (choices.running(choice) instanceof Elsewhere place) {
        Long now = place.failures();
        if (!now.equals(failures.put(choice, now)) && now > 0) {
          failing.add(choice);
        }
        if (place.isLeftAlone() && !outages.isOut(choice)) {
          leave(choice, all);
        }
      }
    }
    window.removeIf(sample -> failing.contains(sample.choice()));
    window.forEach(sample -> outages.worked(sample.choice()));
    outages.due(System.nanoTime()).forEach(this::comeBack);
  }

  /** What was served by another number of lanes says nothing about a choice either. */
  private void lookAtLanes(List<LoadSample> window) {
    List<LoadSample> seen = List.copyOf(window);
    for (Choice choice : choices.allowed()) {
      ParallelismStrategy strategy = choices.running(choice);
      if (strategy != null && !laneCounts.look(choice, strategy, seen)) {
        window.removeIf(sample -> sample.choice().equals(choice));
      }
    }
  }

  private void leave(Choice choice, List<KindOfWork> all) {
    LOG.warn("{} fails and is left alone for a while", choice);
    outages.begin(choice, System.nanoTime());
    policy.leave(choice).forEach(decision -> follow(decision, all));
  }

  private void comeBack(Choice choice) {
    if (choices.running(choice) instanceof Elsewhere place && !place.mayBeTried()) {
      return;
    }
    LOG.info("{} may be tried again", choice);
    outages.end(choice);
    policy.comeBack(choice);
  }

  // ---- what serves ----

  private void follow(Decision decision, List<KindOfWork> all) {
    remember(decision);
    for (KindOfWork kind : all) {
      if (kind.kind().equals(decision.kind())) {
        Choice before = kind.serving().choice();
        kind.want(decision.choice());
        serveAsWanted(kind, all);
        log(decision, before, kind.serving().choice());
      }
    }
  }

  private static void log(Decision decision, Choice before, Choice now) {
    if (before.equals(now)) {
      LOG.debug("{}", decision);
    } else {
      LOG.info("{}: {} -> {} ({})", decision.kind(), before, now, decision.reason());
      Events.switched(decision.kind(), before, now, decision.reason().name());
    }
  }

  /** What was stopped because nobody used it is started again. */
  private void serveAsWanted(List<LoadSample> window, List<KindOfWork> all) {
    Set<Object> seen = new HashSet<>();
    window.forEach(sample -> seen.add(sample.kind()));
    for (KindOfWork kind : all) {
      boolean other = !kind.wanted().equals(kind.serving().choice());
      if (other && seen.contains(kind.kind()) && !outages.isOut(kind.wanted())) {
        serveAsWanted(kind, all);
      }
    }
  }

  private void serveAsWanted(KindOfWork kind, List<KindOfWork> all) {
    Choice wanted = kind.wanted();
    if (outages.isOut(wanted)) { // nothing else is allowed
      serveAtHome(kind);
      return;
    }
    try {
      choices.start(wanted);
    } catch (InferenceException e) {
      LOG.warn("{}: {} cannot start: {}", kind.kind(), wanted, e.getMessage());
      serveAtHome(kind);
      leave(wanted, all);
      return;
    }
    serveByStarted(kind, wanted, all);
  }

  private void serveByStarted(KindOfWork kind, Choice wanted, List<KindOfWork> all) {
    ParallelismStrategy strategy = choices.running(wanted);
    if (strategy == null) {
      return; // all of it ends
    }
    try {
      choices.prepare(wanted, kind.version());
      kind.serveBy(wanted, strategy);
    } catch (InferenceException e) {
      LOG.warn("{}: cannot be loaded for {}: {}", kind.kind(), wanted, e.getMessage());
      kind.want(choices.home());
      serveAtHome(kind);
      policy.leave(kind.kind(), wanted).ifPresent(decision -> follow(decision, all));
    }
    if (!kinds.knows(kind.version())) {
      choices.forget(kind.version()); // it was closed meanwhile
    }
  }

  private void serveAtHome(KindOfWork kind) {
    kind.serveBy(choices.home(), choices.homeStrategy());
  }

  // ---- decisions ----

  private void remember(Decision decision) {
    synchronized (decisions) {
      if (decisions.size() == KEPT_DECISIONS) {
        decisions.remove(0);
      }
      decisions.add(decision);
    }
  }

  /** The last decisions. */
  List<Decision> decisions() {
    synchronized (decisions) {
      return List.copyOf(decisions);
    }
  }

  // ---- what is not used ----

  private void stopIdle(List<LoadSample> window, List<KindOfWork> all) {
    for (Choice choice : choices.allowed()) {
      boolean used = window.stream().anyMatch(sample -> sample.choice().equals(choice));
      boolean running = choices.running(choice) != null;
      idleWindows.merge(choice, 1, Integer::sum);
      if (used || !running) {
        idleWindows.put(choice, 0);
      } else if (idleWindows.getOrDefault(choice, 0) > IDLE_WINDOWS) {
        stop(choice, all);
      }
    }
  }

  private void stop(Choice choice, List<KindOfWork> all) {
    if (!choice.equals(choices.home())) {
      all.stream()
          .filter(kind -> kind.serving().choice().equals(choice))
          .forEach(this::serveAtHome);
      choices.stop(choice, stopPatience);
    }
  }
}
