package io.mpsparallel.bench;

import static io.mpsparallel.bench.CudaCells.DEFAULT_STREAM;
import static io.mpsparallel.bench.CudaCells.EAGER;
import static io.mpsparallel.bench.CudaCells.GRAPH;
import static io.mpsparallel.bench.CudaCells.NEW_THREAD;
import static io.mpsparallel.bench.CudaCells.WHOLE_DEVICE;
import static io.mpsparallel.bench.CudaCells.batching;
import static io.mpsparallel.bench.CudaCells.inFlight;
import static io.mpsparallel.bench.CudaCells.raw;
import static io.mpsparallel.bench.CudaCells.rows;
import static io.mpsparallel.bench.CudaCells.threads;
import static io.mpsparallel.bench.CudaCells.unbatched;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is made of the cells of the scenario {@code cuda}, model by model. Pure functions. */
final class CudaTargets {
  static final int MANY = 16;
  static final int LANES = 8;
  private static final double OF_RAW = 0.85;
  private static final double OVER_PYTHON = 2.8;
  private static final double MICROS_ABOVE_RAW = 10;

  private CudaTargets() {}

  /** {@return figures of blocked callers and of hand-written loops} */
  static List<CudaFigure> ofBlocked(String model, Optional<PythonCell> python) {
    List<CudaFigure> all = new ArrayList<>();
    boolean mlp = model.equals(CudaCase.MLP);
    String many = threads(GRAPH, MANY);
    all.add(CudaFigure.ratio(many, raw(GRAPH, MANY), Target.atLeast(OF_RAW)));
    python.ifPresent(
        best ->
            all.add(
                CudaFigure.over(
                    many,
                    "best Python: " + best.name(),
                    best.perSecond(),
                    only(mlp, Target.atLeast(OVER_PYTHON)))));
    all.add(
        CudaFigure.above(
            threads(GRAPH, 1), raw(GRAPH, 1), only(mlp, Target.atMost(MICROS_ABOVE_RAW))));
    addEfficiencies(all, model);
    if (mlp) {
      addRows(all);
    }
    addLoops(all);
    return all;
  }

  private static void addEfficiencies(List<CudaFigure> all, String model) {
    all.add(efficiency(EAGER, eagerTarget(model)));
    all.add(efficiency(GRAPH, graphTarget(model)));
    for (String path : List.of(EAGER, GRAPH)) {
      all.add(CudaFigure.efficiency(raw(path, LANES), raw(path, 1), LANES, null));
    }
    all.add(CudaFigure.ratio(threads(GRAPH, MANY, LANES), threads(GRAPH, MANY), null));
    all.add(CudaFigure.ratio(threads(EAGER, LANES), raw(EAGER, LANES), null));
  }

  private static CudaFigure efficiency(String path, @Nullable Target target) {
    return CudaFigure.efficiency(threads(path, LANES), threads(path, 1), LANES, target);
  }

  private static @Nullable Target eagerTarget(String model) {
    return switch (model) {
      case CudaCase.MLP -> Target.atLeast(0.34);
      case CudaCase.BERT -> Target.atLeast(0.31);
      default -> null;
    };
  }

  private static @Nullable Target graphTarget(String model) {
    return switch (model) {
      case CudaCase.MLP -> Target.atLeast(0.52);
      case CudaCase.BERT -> Target.atLeast(0.58);
      default -> null;
    };
  }

  private static void addRows(List<CudaFigure> all) {
    all.add(CudaFigure.rows(rows(GRAPH, 1, 64), 64, threads(GRAPH, 1), Target.atLeast(14)));
    all.add(CudaFigure.rows(rows(EAGER, 1, 64), 64, threads(EAGER, 1), Target.atLeast(33)));
    for (String path : List.of(EAGER, GRAPH)) {
      all.add(
          CudaFigure.efficiency(rows(path, 4, 256), rows(path, 1, 256), 4, Target.atLeast(0.6)));
    }
  }

  /** What hand-written loops should not do. */
  private static void addLoops(List<CudaFigure> all) {
    all.add(CudaFigure.ratio(raw(DEFAULT_STREAM, MANY), raw(DEFAULT_STREAM, 1), null));
    for (String wrong : List.of(NEW_THREAD, WHOLE_DEVICE)) {
      all.add(CudaFigure.ratio(raw(wrong, LANES), raw(EAGER, LANES), null));
      all.add(CudaFigure.ratio(threads(GRAPH, LANES), raw(wrong, LANES), null));
    }
  }

  /** {@return figures of more requests in flight than there are lanes} */
  static List<CudaFigure> ofInFlight(String model) {
    Target target =
        switch (model) {
          case CudaCase.MLP -> Target.atLeast(0.97);
          case CudaCase.BERT -> Target.atLeast(1.15);
          default -> Target.atLeast(1.25);
        };
    List<CudaFigure> all = new ArrayList<>();
    for (int depth : List.of(8, 16)) {
      for (int requests : List.of(32, 64)) {
        all.add(CudaFigure.ratio(inFlight(depth, requests), inFlight(depth, MANY), target));
      }
    }
    return all;
  }

  /** {@return figures of one-row requests put together} */
  static List<CudaFigure> ofBatching(String model) {
    boolean mlp = model.equals(CudaCase.MLP);
    String all256 = batching(GRAPH, 256);
    return List.of(
        CudaFigure.rate(all256, "rows/s", Target.atLeast(mlp ? 1_000_000 : 70_000)),
        CudaFigure.ratio(all256, unbatched(GRAPH), only(!mlp, Target.atLeast(2.5))),
        CudaFigure.ratio(batching(GRAPH, 64), all256, null),
        CudaFigure.ratio(all256, batching(EAGER, 256), null));
  }

  /** {@return what recording gains with more and more rows} */
  static List<CudaFigure> ofRows(String model) {
    List<CudaFigure> all = new ArrayList<>();
    for (int callers : List.of(1, LANES)) {
      for (int rows : CudaThreads.rows(model)) {
        all.add(CudaFigure.ratio(rows(GRAPH, callers, rows), rows(EAGER, callers, rows), null));
      }
    }
    return all;
  }

  /** {@return what sizes of batches gain over lanes without batches} */
  static List<CudaFigure> ofSizes() {
    List<CudaFigure> all = new ArrayList<>();
    for (int requests : CudaThreads.IN_FLIGHT) {
      String lanes = CudaCells.sizes(CudaCells.LANES, requests);
      for (String sizes :
          List.of(CudaCells.ANY_SIZE, CudaCells.POWERS, CudaCells.DEFAULT_SIZES, CudaCells.STEPS)) {
        all.add(CudaFigure.ratio(CudaCells.sizes(sizes, requests), lanes, null));
      }
    }
    return all;
  }

  /** {@return what all GPUs do over one} */
  static List<CudaFigure> ofGpus() {
    List<CudaFigure> all = new ArrayList<>();
    String one = CudaCells.ONE_GPU;
    String each = CudaCells.ALL_GPUS;
    for (int times : List.of(1, 2)) {
      int callers = times * MANY;
      int requests = times * 4 * MANY;
      all.add(ratio(CudaCells.callers(each, callers), CudaCells.callers(one, callers)));
      all.add(ratio(CudaCells.flights(each, requests), CudaCells.flights(one, requests)));
      all.add(ratio(CudaCells.batches(each, callers), CudaCells.batches(one, callers)));
    }
    return all;
  }

  private static CudaFigure ratio(String cell, String base) {
    return CudaFigure.ratio(cell, base, null);
  }

  private static @Nullable Target only(boolean applies, Target target) {
    return applies ? target : null;
  }
}
