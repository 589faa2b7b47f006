package io.mpsparallel.adaptive;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.Installed;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What can be chosen, by the settings and by what is installed. Immutable, any thread.
 *
 * @param providers what makes the strategy of each choice, and of {@link #home}
 * @param allowed what may be chosen, at least one
 * @param home the choice that runs from the start, in this process, and serves what others cannot;
 *     it need not be allowed
 */
record Selection(Map<Choice, StrategyProvider> providers, List<Choice> allowed, Choice home) {
  private static final String KEY = "adaptive.choices";

  /**
   * Selects.
   *
   * @throws InferenceException {@code NOT_INSTALLED} if something is named that is not installed,
   *     or nothing is installed that could be chosen; {@code CONFIG_INVALID} if worker processes
   *     are named, and cannot open the engine
   */
  static Selection of(StrategyContext context) {
    List<StrategyProvider> installed =
        context.installed().stream().filter(one -> !(one instanceof AdaptiveProvider)).toList();
    Map<Choice, StrategyProvider> providers = here(installed);
    Choice home = providers.keySet().iterator().next();
    List<String> named = context.settings().adaptive().choices();
    if (named.isEmpty()) {
      return new Selection(providers, List.copyOf(providers.keySet()), home);
    }
    List<Choice> allowed = named.stream().map(Choice::of).map(id -> id.orElseThrow()).toList();
    for (Choice choice : allowed) {
      providers.put(choice, named(choice, installed));
      checkEngine(choice, context);
    }
    return new Selection(providers, allowed, home);
  }

  /** Those of this process by the names that choices have; lanes first, or whatever there is. */
  private static Map<Choice, StrategyProvider> here(List<StrategyProvider> installed) {
    List<StrategyProvider> here = installed.stream().filter(one -> !one.runsElsewhere()).toList();
    Map<Choice, StrategyProvider> found = new LinkedHashMap<>();
    for (Choice choice : List.of(Choice.THREADS, Choice.BATCHING)) {
      here.stream()
          .filter(one -> one.id().equals(choice.id()))
          .findFirst()
          .ifPresent(one -> found.put(choice, one));
    }
    if (!found.containsKey(Choice.THREADS)) {
      here.stream()
          .filter(one -> !found.containsValue(one))
          .findFirst()
          .ifPresent(one -> found.put(Choice.THREADS, one));
    }
    if (found.isEmpty()) {
      throw new InferenceException(
          ErrorCode.NOT_INSTALLED,
          "adaptive: no strategy that it could choose (installed: "
              + installed.stream().map(StrategyProvider::id).toList()
              + ")");
    }
    return found;
  }

  private static StrategyProvider named(Choice choice, List<StrategyProvider> installed) {
    if (choice.over() == Plan.Over.PROCESSES) {
      Installed.choose(KEY, Choice.PROCESSES.id(), installed, StrategyProvider::id);
    }
    return Installed.choose(KEY, strategyOf(choice).id(), installed, StrategyProvider::id);
  }

  private static void checkEngine(Choice choice, StrategyContext context) {
    if (choice.over() == Plan.Over.PROCESSES && context.engine() == null) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          KEY
              + ": "
              + choice
              + " over an engine that was handed over open (expected: the engine's provider, so"
              + " that workers can open it)");
    }
  }

  private static Choice strategyOf(Choice choice) {
    return choice.route() == Plan.Route.BATCHED ? Choice.BATCHING : choice;
  }

  StrategyProvider provider(Choice choice) {
    return Objects.requireNonNull(providers.get(choice), "choice");
  }

  /** The settings of the strategy of a choice. */
  ExecutorSettings settings(Choice choice, StrategyContext context) {
    ExecutorSettings settings = context.settings().withStrategy(provider(choice).id());
    if (choice.equals(Choice.BATCHING_OVER_PROCESSES)) {
      return settings.withBatching(settings.batching().withOver(Choice.PROCESSES.id()));
    }
    boolean elsewhere = provider(choice).opensElsewhere(settings, context.installed());
    return choice.equals(Choice.BATCHING) && elsewhere
        ? settings.withBatching(settings.batching().withOver(Choice.THREADS.id()))
        : settings;
  }
}
