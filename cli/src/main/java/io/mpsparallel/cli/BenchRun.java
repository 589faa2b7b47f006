package io.mpsparallel.cli;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceRequest;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Executors with one strategy each, open beside each other, and a model in each. One thread. */
final class BenchRun implements AutoCloseable {
  private final Path model;
  private final List<BenchPlan.Contender> contenders = new ArrayList<>();

  /**
   * Opens them.
   *
   * @param engines where executors come from
   * @param settings the settings of all, but for the strategy
   * @param model the file of the model
   * @param strategies their strategies, at least one
   * @throws io.mpsparallel.error.InferenceException if one cannot be opened; then none is
   */
  BenchRun(Engines engines, ExecutorSettings settings, Path model, List<String> strategies) {
    this.model = model;
    try {
      for (String strategy : strategies) {
        contenders.add(contender(engines, settings.withStrategy(strategy), strategy));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private BenchPlan.Contender contender(
      Engines engines, ExecutorSettings settings, String strategy) {
    InferenceExecutor executor = engines.executor(settings);
    try {
      return new BenchPlan.Contender(strategy, executor, executor.load(model));
    } catch (RuntimeException e) {
      executor.close();
      throw e;
    }
  }

  /** {@return how many there are} */
  int size() {
    return contenders.size();
  }

  /**
   * Measures. What is wrong with the inputs is told before that.
   *
   * @param plan what to measure
   * @param shapes of the inputs
   * @param progress hears of each measurement
   * @return the cells, and what was measured on
   */
  BenchResults measure(BenchPlan plan, List<BenchInput> shapes, Consumer<String> progress) {
    LoadedModel first = contenders.get(0).model();
    try (NamedTensors inputs = BenchInput.make(shapes, plan.rows(), first.signature())) {
      contenders.forEach(one -> one.model().infer(InferenceRequest.of(inputs)).close());
      List<BenchCell> cells = plan.run(contenders, inputs, progress);
      return new BenchResults(String.valueOf(model.getFileName()), facts(plan), cells);
    }
  }

  private Map<String, String> facts(BenchPlan plan) {
    Map<String, String> facts = new LinkedHashMap<>(Grid.facts(contenders.get(0).executor()));
    facts.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    facts.put("rounds", plan.rounds() + " of " + text(plan));
    if (plan.client() == BenchPlan.Client.OPEN) {
      facts.put("rate", plan.perSecond() + " requests/s");
    }
    return facts;
  }

  private static String text(BenchPlan plan) {
    long millis = plan.time().toMillis();
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  @Override
  public void close() {
    contenders.forEach(one -> one.executor().close());
  }
}
