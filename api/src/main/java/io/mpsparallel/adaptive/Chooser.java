package io.mpsparallel.adaptive;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.policy.AdaptivePolicy;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.Reason;
import io.mpsparallel.strategy.ParallelismStrategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
  private final Preparations preparations;
  private final Kinds kinds;
  private final Outages outages;
  private final LaneCounts laneCounts;
  private final Duration stopPatience;
  private final Map<Choice, Integer> idleWindows = new HashMap<>();
  private final Map<Choice, Long> failures = new HashMap<>();
  private final Map<KindOfWork, Choice> postponed = new HashMap<>(); // trials
  private final List<Decision> decisions = new ArrayList<>(); // guarded by itself

  /**
   * A chooser that has seen nothing.
   *
   * @param preparations of the choices
   * @param laneCounts takes lanes away that answer no more rows
   * @param pause for how long a choice is left alone that cannot be started
   * @param stopPatience for how long to wait for what an unused strategy has in hand
   */
  Chooser(
      AdaptivePolicy policy,
      Choices choices,
      Preparations preparations,
      Kinds kinds,
      LaneCounts laneCounts,
      Duration pause,
      Duration stopPatience) {
    this.policy = policy;
    this.choices = choices;
    this.preparations = preparations;
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
    boolean disturbed = preparations.haveDisturbed();
    lookAtLanes(window, disturbed);
    preparations.forgetUnless(kinds::knows);
    lookAtPostponed(all);
    policy.observe(window, disturbed).forEach(decision -> follow(decision, all));
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
  private void lookAtLanes(List<LoadSample> window, boolean disturbed) {
    List<LoadSample> seen = List.copyOf(window);
    for (Choice choice : choices.allowed()) {
      ParallelismStrategy strategy = choices.running(choice);
      if (strategy != null && disturbed) {
        laneCounts.restore(choice, strategy);
      } else if (strategy != null && !laneCounts.look(choice, strategy, seen)) {
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
    Optional<KindOfWork> known =
        all.stream().filter(kind -> kind.kind().equals(decision.kind())).findFirst();
    if (known.isPresent()) {
      follow(decision, known.get(), all);
    } else {
      remember(decision);
    }
  }

  private void follow(Decision decision, KindOfWork kind, List<KindOfWork> all) {
    if (decision.reason() == Reason.TRIAL && postpones(decision, kind, all)) {
      return;
    }
    remember(decision);
    Choice before = kind.serving().choice();
    kind.want(decision.choice());
    serveAsWanted(kind, all);
    log(decision, before, kind.serving().choice());
  }

  /** What is not ready is tried once it is; until then all goes on as before. */
  private boolean postpones(Decision trial, KindOfWork kind, List<KindOfWork> all) {
    Choice choice = trial.choice();
    CompletableFuture<Void> preparation = prepared(choice, kind);
    if (preparation.isDone()) {
      return !isReady(choice, preparation, kind, all);
    }
    Decision first = new Decision(trial.kind(), trial.callersBucket(), choice, Reason.PREPARING, 0);
    LOG.debug("{}", first);
    remember(first);
    postponed.put(kind, choice);
    policy.postpone(kind.kind(), choice);
    return true;
  }

  private void lookAtPostponed(List<KindOfWork> all) {
    for (Map.Entry<KindOfWork, Choice> trial : List.copyOf(postponed.entrySet())) {
      KindOfWork kind = trial.getKey();
      if (!kinds.knows(kind.version())) {
        postponed.remove(kind);
        continue;
      }
      CompletableFuture<Void> preparation = prepared(trial.getValue(), kind);
      if (preparation.isDone()) {
        postponed.remove(kind);
        policy.resume(kind.kind(), trial.getValue());
        isReady(trial.getValue(), preparation, kind, all);
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

  private CompletableFuture<Void> prepared(Choice choice, KindOfWork kind) {
    return preparations.of(choice, kind.version(), kind.rowsInFlight());
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

  /** What runs and was warm once serves at once: it was decided for how it does. */
  private void serveAsWanted(KindOfWork kind, List<KindOfWork> all) {
    Choice wanted = kind.wanted();
    if (outages.isOut(wanted)) { // nothing else is allowed
      serveAtHome(kind);
      return;
    }
    if (!choices.serves(wanted, kind.version())) {
      CompletableFuture<Void> preparation = prepared(wanted, kind);
      if (!preparation.isDone() || !isReady(wanted, preparation, kind, all)) {
        return;
      }
    }
    ParallelismStrategy strategy = choices.running(wanted);
    if (strategy != null) { // else all of it ends
      kind.serveBy(wanted, strategy);
    }
  }

  /** Whether a choice can serve a kind, after its preparation; what cannot is left alone. */
  private boolean isReady(
      Choice choice, CompletableFuture<Void> preparation, KindOfWork kind, List<KindOfWork> all) {
    if (!kinds.knows(kind.version())) {
      choices.forget(kind.version()); // it was closed meanwhile
    }
    try {
      preparation.join();
      return true;
    } catch (CompletionException e) {
      leave(choice, kind, e.getCause() == null ? e : e.getCause(), all);
      return false;
    }
  }

  private void leave(Choice choice, KindOfWork kind, Throwable why, List<KindOfWork> all) {
    boolean serves = kind.wanted().equals(choice);
    if (serves) {
      serveAtHome(kind);
    }
    if (choices.running(choice) == null) {
      LOG.warn("{}: {} cannot start: {}", kind.kind(), choice, message(why));
      leave(choice, all);
      return;
    }
    LOG.warn("{}: cannot be loaded for {}: {}", kind.kind(), choice, message(why));
    if (serves) {
      kind.want(choices.home());
    }
    policy.leave(kind.kind(), choice).ifPresent(decision -> follow(decision, all));
  }

  private static String message(Throwable why) {
    return why instanceof InferenceException ? String.valueOf(why.getMessage()) : why.toString();
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
      boolean used =
          preparations.isUnderWay(choice)
              || window.stream().anyMatch(sample -> sample.choice().equals(choice));
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
      preparations.forget(choice);
      choices.stop(choice, stopPatience);
    }
  }
}
