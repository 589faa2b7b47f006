package io.mpsparallel.bench;

import static io.mpsparallel.bench.CudaCells.DEFAULT_STREAM;
import static io.mpsparallel.bench.CudaCells.EAGER;
import static io.mpsparallel.bench.CudaCells.GRAPH;
import static io.mpsparallel.bench.CudaCells.NEW_THREAD;
import static io.mpsparallel.bench.CudaCells.WHOLE_DEVICE;
import static io.mpsparallel.bench.CudaCells.raw;

import io.mpsparallel.mps.RawLane;
import io.mpsparallel.mps.RawModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** The hand-written loops of the scenario {@code cuda}. Pure functions but for what they open. */
final class CudaLoops {
  private CudaLoops() {}

  /** Adds them to a stage; without a GPU, those that need no graph. */
  static void addTo(CudaStage stage, ScenarioRun run) {
    boolean onGpu = isOnGpu(run);
    List<RawLane> lanes = open(stage, run, CudaTargets.MANY);
    if (onGpu) {
      run.progress(stage.model().name() + ", capturing");
      lanes.forEach(RawLane::capture);
      List.of(1, 4, CudaTargets.LANES, CudaTargets.MANY)
          .forEach(threads -> add(stage, GRAPH, lanes, threads, RawLane::replay));
    } else {
      run.report().say("No GPU: raw loops without CUDA graphs.");
    }
    List.of(1, CudaTargets.LANES, CudaTargets.MANY)
        .forEach(threads -> add(stage, EAGER, lanes, threads, RawLane::eager));
    List.of(1, CudaTargets.MANY)
        .forEach(
            threads -> add(stage, DEFAULT_STREAM, lanes, threads, RawLane::eagerOnDefaultStream));
    add(stage, NEW_THREAD, lanes, CudaTargets.LANES, RawLane::eagerOnNewThread);
    add(stage, WHOLE_DEVICE, lanes, CudaTargets.LANES, RawLane::eagerThenSynchronizeDevice);
    check(stage, run, lanes, onGpu);
  }

  static boolean isOnGpu(ScenarioRun run) {
    return run.options().device().startsWith("cuda");
  }

  /** Opens lanes over one copy of the stage's model. */
  static List<RawLane> open(CudaStage stage, ScenarioRun run, int count) {
    CudaCase model = stage.model();
    RawModel weights = stage.open(() -> new RawModel(model.file(), run.options().device()));
    List<RawLane> lanes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lanes.add(stage.open(() -> new RawLane(weights, model.row())));
    }
    return lanes;
  }

  private static void add(
      CudaStage stage, String how, List<RawLane> lanes, int threads, Consumer<RawLane> call) {
    List<Runnable> calls = new ArrayList<>();
    lanes.subList(0, threads).forEach(lane -> calls.add(() -> call.accept(lane)));
    stage.add(CudaLoad.raw(raw(how, threads), calls));
  }

  private static void check(
      CudaStage stage, ScenarioRun run, List<RawLane> lanes, boolean captured) {
    double worst = 0;
    for (RawLane lane : lanes) {
      lane.eager();
      worst = Math.max(worst, stage.model().difference(lane.answer()));
      if (captured) {
        lane.replay();
        worst = Math.max(worst, stage.model().difference(lane.answer()));
      }
    }
    run.report()
        .say(
            String.format(
                Locale.ROOT,
                "%s: answers of %d raw loops at most %.1e off; right: %s.",
                stage.model().name(),
                lanes.size(),
                worst,
                run.report().mustHold(worst <= Answers.TOLERANCE)));
  }
}
