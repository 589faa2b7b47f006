package io.mpsparallel.bench;

import static io.mpsparallel.bench.CudaCells.EAGER;
import static io.mpsparallel.bench.CudaCells.GRAPH;

import io.mpsparallel.tensor.NamedTensors;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the scenario {@code cuda} asks of the library. Pure functions but for what they open. */
final class CudaThreads {
  private static final List<String> PATHS = List.of(GRAPH, EAGER);
  private static final List<Integer> CALLERS = List.of(1, 4, CudaTargets.LANES, CudaTargets.MANY);

  /** Requests in flight of {@link #addSizes}. */
  static final List<Integer> IN_FLIGHT = List.of(16, 64, 256);

  private static final int CLIENTS = 16;
  private static final int WINDOW = 64;
  private static final String INTRA_OP = "threads.intra-op=1";

  private CudaThreads() {}

  /** Adds blocked callers, with as many lanes, and with fewer. */
  static void addBlocked(CudaStage stage, ScenarioRun run) {
    boolean mlp = stage.model().name().equals(CudaCase.MLP);
    NamedTensors row = stage.model().row();
    NamedTensors rows64 = mlp ? stage.model().rows(run, 64) : row;
    NamedTensors rows256 = mlp ? stage.model().rows(run, 256) : row;
    for (String path : PATHS) {
      for (int callers : CALLERS) {
        Rig rig = lanes(stage, path, callers);
        stage.add(CudaLoad.blocked(CudaCells.threads(path, callers), rig, row, callers, callers));
        if (mlp && callers == 1) {
          addCell(stage, path, rig, rows64, 1, 64);
        }
        if (mlp && callers <= 4) {
          addCell(stage, path, rig, rows256, callers, 256);
        }
        if (callers == CudaTargets.LANES && path.equals(GRAPH)) {
          String name = CudaCells.threads(path, CudaTargets.MANY, callers);
          stage.add(CudaLoad.blocked(name, rig, row, CudaTargets.MANY, callers));
        }
      }
    }
  }

  private static void addCell(
      CudaStage stage, String path, Rig rig, NamedTensors inputs, int callers, int rows) {
    String name = CudaCells.rows(path, callers, rows);
    stage.add(CudaLoad.blocked(name, rig, inputs, callers, callers));
  }

  private static Rig lanes(CudaStage stage, String path, int lanes) {
    return stage.rig("strategy=threads", INTRA_OP, "lanes.count=" + lanes, "path.mode=" + path);
  }

  /** Adds more requests in flight than lanes. */
  static void addInFlight(CudaStage stage) {
    for (int depth : List.of(8, 16)) {
      Rig rig =
          stage.rig(
              "strategy=threads",
              INTRA_OP,
              "lanes.count=4",
              "lanes.depth=" + depth,
              "path.mode=" + GRAPH);
      for (int requests : List.of(16, 32, 64)) {
        String name = CudaCells.inFlight(depth, requests);
        stage.add(CudaLoad.async(name, rig, stage.model().row(), requests, 4 * depth));
      }
    }
  }

  /** {@return how many rows the calls of {@link #addRows} have} From small to over 4 MiB. */
  static List<Integer> rows(String model) {
    return switch (model) {
      case CudaCase.MLP -> List.of(1, 16, 64, 256, 1024, 4096);
      case CudaCase.BERT -> List.of(1, 8, 64);
      default -> List.of(1, 4, 8, 32);
    };
  }

  /** Adds calls of more and more rows, whatever {@code path.threshold-bytes} says of them. */
  static void addRows(CudaStage stage, ScenarioRun run) {
    List<Integer> all = rows(stage.model().name());
    List<NamedTensors> inputs = all.stream().map(rows -> stage.model().rows(run, rows)).toList();
    for (String path : PATHS) {
      for (int callers : List.of(1, CudaTargets.LANES)) {
        Rig rig = lanes(stage, path, callers);
        for (int i = 0; i < all.size(); i++) {
          addCell(stage, path, rig, inputs.get(i), callers, all.get(i));
        }
      }
    }
  }

  /** Adds one-row requests in flight, put together to any number of rows, and to few sizes. */
  static void addSizes(CudaStage stage) {
    addFlights(stage, CudaCells.LANES, stage.rig("strategy=threads", INTRA_OP));
    addFlights(stage, CudaCells.ANY_SIZE, batchingOf(stage, "[]"));
    addFlights(stage, CudaCells.POWERS, batchingOf(stage, sizes(64)));
    addFlights(stage, CudaCells.DEFAULT_SIZES, batchingOf(stage, "auto"));
    String steps = "[1,2,3,4,5,6,7,8,10,12,14,16,20,24,28,32,40,48,56,64]";
    addFlights(stage, CudaCells.STEPS, batchingOf(stage, steps));
  }

  private static Rig batchingOf(CudaStage stage, String sizes) {
    return stage.rig("strategy=batching", INTRA_OP, "batching.sizes=" + sizes);
  }

  private static void addFlights(CudaStage stage, String which, Rig rig) {
    for (int requests : IN_FLIGHT) {
      String name = CudaCells.sizes(which, requests);
      stage.add(CudaLoad.async(name, rig, stage.model().row(), requests, requests));
    }
  }

  /** Adds one-row requests of clients that do not wait, batched and not. */
  static void addBatching(CudaStage stage) {
    addClients(stage, CudaCells.batching(GRAPH, 256), batching(stage, GRAPH, 256));
    addClients(stage, CudaCells.batching(GRAPH, 64), batching(stage, GRAPH, 64));
    addClients(stage, CudaCells.batching(EAGER, 256), batching(stage, EAGER, 256));
    addClients(stage, CudaCells.batching(EAGER, 64), batching(stage, EAGER, 64));
    Rig unbatched =
        stage.rig("strategy=threads", INTRA_OP, "queue.capacity=16384", "path.mode=" + GRAPH);
    addClients(stage, CudaCells.unbatched(GRAPH), unbatched);
  }

  private static void addClients(CudaStage stage, String name, Rig rig) {
    stage.add(CudaLoad.clients(name, rig, stage.model().row(), CLIENTS, WINDOW));
  }

  private static Rig batching(CudaStage stage, String path, int maxRows) {
    return stage.rig(
        "strategy=batching",
        INTRA_OP,
        "queue.capacity=16384",
        "path.mode=" + path,
        "batching.max-rows=" + maxRows);
  }

  /** Adds the same load on one GPU and on all, and twice the load on all. */
  static void addGpus(CudaStage stage) {
    NamedTensors row = stage.model().row();
    for (String gpus : List.of(CudaCells.ONE_GPU, CudaCells.ALL_GPUS)) {
      String device = "device=\"" + (gpus.equals(CudaCells.ONE_GPU) ? "cuda:0" : "cuda:all") + "\"";
      Rig many = stage.rig(device, "strategy=threads", INTRA_OP, "lanes.count=16");
      Rig few = stage.rig(device, "strategy=threads", INTRA_OP, "lanes.count=4");
      Rig batches = stage.rig(device, "strategy=batching", INTRA_OP, "queue.capacity=16384");
      for (int times : List.of(1, 2)) {
        int callers = times * CudaTargets.MANY;
        int requests = times * 4 * CudaTargets.MANY;
        stage.add(CudaLoad.blocked(CudaCells.callers(gpus, callers), many, row, callers, callers));
        stage.add(CudaLoad.async(CudaCells.flights(gpus, requests), few, row, requests, requests));
        stage.add(
            CudaLoad.clients(CudaCells.batches(gpus, callers), batches, row, callers, WINDOW));
      }
    }
  }

  /** {@return 1, 2, 4 and so on, as a setting} */
  static String sizes(int most) {
    return Stream.iterate(1, size -> size <= most, size -> 2 * size)
        .map(String::valueOf)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
