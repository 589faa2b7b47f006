package io.mpsparallel.bench;

import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Loads over one model that are measured in the same rounds, and what they use. What fails is named
 * and left out, so that the rest of a run on a borrowed machine counts. One thread; closing it
 * closes what was opened through it, the last one first.
 */
final class CudaStage implements AutoCloseable {
  private final ScenarioRun run;
  private final CudaCase model;
  private final List<CudaLoad> loads = new ArrayList<>();
  private final List<Rig> rigs = new ArrayList<>();
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private List<Cell> cells = List.of();

  CudaStage(ScenarioRun run, CudaCase model) {
    this.run = run;
    this.model = model;
  }

  CudaCase model() {
    return model;
  }

  <T extends AutoCloseable> T open(Supplier<T> maker) {
    T made = maker.get();
    opened.push(made);
    return made;
  }

  /** {@return an executor with the model, warm, whose answer will be looked at} */
  Rig rig(String... settings) {
    Rig rig = open(() -> run.shortRig(model.file(), settings));
    rig.model().whenReady().join(); // else it would warm up while others are measured
    rigs.add(rig);
    return rig;
  }

  void add(CudaLoad load) {
    loads.add(load);
  }

  /** Warms all, looks at an answer of each executor, and measures. */
  Rounds measure() {
    cells = loads.stream().filter(this::isWarmed).map(this::cell).toList();
    if (!rigs.isEmpty()) {
      checkAnswers();
    }
    return run.rounds(cells);
  }

  private void checkAnswers() {
    double worst = rigs.stream().mapToDouble(this::difference).max().orElse(0);
    run.report()
        .say(
            String.format(
                Locale.ROOT,
                "%s: answers of %d executors at most %.1e off; right: %s.",
                model.name(),
                rigs.size(),
                worst,
                run.report().mustHold(worst <= Answers.TOLERANCE)));
  }

  /** {@return the cells that were measured} */
  List<Cell> cells() {
    return cells;
  }

  private boolean isWarmed(CudaLoad load) {
    try {
      Measured warm = load.warm(run.options().time());
      run.progress(
          String.format(
              Locale.ROOT, "%s, warm: %s: %.0f/s", model.name(), load.name(), warm.perSecond()));
      return true;
    } catch (RuntimeException e) {
      failed(load.name(), e);
      return false;
    }
  }

  private Cell cell(CudaLoad load) {
    return new Cell(load.name(), time -> measured(load, time));
  }

  private Measured measured(CudaLoad load, Duration time) {
    try {
      return load.load().apply(Limit.time(time));
    } catch (RuntimeException e) {
      failed(load.name(), e);
      return Measured.closed(time, Measured.histogram());
    }
  }

  private double difference(Rig rig) {
    try (InferenceResult answer = rig.model().infer(InferenceRequest.of(model.row()))) {
      return model.difference(answer.tensor(0).toFloatArray());
    } catch (RuntimeException e) {
      failed("an answer", e);
      return Double.POSITIVE_INFINITY;
    }
  }

  private void failed(String what, RuntimeException e) {
    run.report().say(model.name() + ", " + what + ": FAILED: " + e);
    run.report().mustHold(false);
  }

  @Override
  public void close() {
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        run.progress(each + " could not be closed: " + e);
      }
    }
  }
}
