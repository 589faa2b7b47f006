package io.mpsparallel.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * One way to set up a peer that its documentation offers.
 *
 * @param label what tables call it
 * @param start starts a process that is set up so
 */
record PeerSetting(String label, Supplier<PeerChild> start) {
  private static final String INTRA_OP = "intra-op ";

  /** {@return the presets as they are, with either linear algebra} */
  static List<PeerSetting> naive(Path model) {
    List<PeerSetting> all = new ArrayList<>();
    for (Blas blas : Blas.values()) {
      all.add(new PeerSetting(blas.label(), () -> Peers.naive(model, blas)));
    }
    return all;
  }

  /** {@return DJL with so many threads in each forward, and with and without its optimiser} */
  static List<PeerSetting> djl(Path model, int cpus) {
    return List.of(
        djl(model, 1, true), djl(model, 1, false), djl(model, cpus, true), djl(model, cpus, false));
  }

  private static PeerSetting djl(Path model, int intraOp, boolean optimizer) {
    List<String> flags =
        List.of(
            "-Dai.djl.pytorch.num_threads=" + intraOp,
            "-Dai.djl.pytorch.num_interop_threads=1",
            "-Dai.djl.pytorch.graph_optimizer=" + optimizer);
    String label = INTRA_OP + intraOp + (optimizer ? "" : ", no graph optimizer");
    return new PeerSetting(label, () -> Peers.djl(model, flags));
  }

  /** {@return ONNX Runtime with one thread in each forward, or with a pool that spins or sleeps} */
  static List<PeerSetting> onnxRuntime(Path model, int cpus) {
    return List.of(
        onnxRuntime(model, 1, false),
        onnxRuntime(model, cpus, true),
        onnxRuntime(model, cpus, false));
  }

  private static PeerSetting onnxRuntime(Path model, int intraOp, boolean spinning) {
    String label = INTRA_OP + intraOp + (intraOp == 1 ? "" : spinning ? ", spins" : ", sleeps");
    List<String> settings = List.of(String.valueOf(intraOp), String.valueOf(spinning));
    return new PeerSetting(label, () -> Peers.onnxRuntime(model, settings));
  }
}
