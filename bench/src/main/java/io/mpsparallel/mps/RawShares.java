package io.mpsparallel.mps;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Where the time of one call goes, in microseconds; medians over many calls of one thread. Copies,
 * launch and waiting follow one another on the host and make up the whole; the device works beside
 * them.
 *
 * @param copies on the host, from the caller's memory into pinned memory and back
 * @param launch in {@code cudaGraphLaunch}, or encoding operation by operation
 * @param waiting until the stream is idle
 * @param span between a CUDA event before the work and one after it; eagerly, the device is idle
 *     for part of it
 * @param kernels of one forward without copies, replayed back to back; NaN where there is no GPU
 */
public record RawShares(double copies, double launch, double waiting, double span, double kernels) {
  private static final int CALLS = 300;
  private static final int WARM_CALLS = 30;
  private static final int BACK_TO_BACK = 20;
  private static final double NANOS_OF_A_MICRO = 1e3;

  /** {@return the whole of a call} */
  public double total() {
    return copies + launch + waiting;
  }

  /**
   * {@return the shares of eager calls} On this thread.
   *
   * @param lane idle, and nobody else's meanwhile
   */
  public static RawShares eager(RawLane lane, boolean onGpu) {
    return of(lane, lane::encode, onGpu);
  }

  /**
   * {@return the shares of calls by a graph} On this thread.
   *
   * @param lane idle, captured, and nobody else's meanwhile
   */
  public static RawShares graph(RawLane lane) {
    return of(lane, lane::launch, true);
  }

  private static RawShares of(RawLane lane, Runnable launch, boolean onGpu) {
    double[][] parts = new double[3][CALLS];
    double[] spans = new double[CALLS];
    double[] kernels = {Double.NaN};
    Arrays.fill(spans, Double.NaN);
    lane.onStream(
        () -> {
          measure(lane, launch, parts);
          if (onGpu) {
            measureSpans(lane, launch, spans);
          }
        });
    if (onGpu) {
      kernels[0] = kernels(lane);
    }
    return new RawShares(
        median(parts[0]), median(parts[1]), median(parts[2]), median(spans), kernels[0]);
  }

  private static void measure(RawLane lane, Runnable launch, double[][] parts) {
    for (int i = -WARM_CALLS; i < CALLS; i++) {
      long start = System.nanoTime();
      lane.fill();
      long filled = System.nanoTime();
      launch.run();
      long launched = System.nanoTime();
      lane.stream().synchronize();
      long done = System.nanoTime();
      lane.read();
      long end = System.nanoTime();
      if (i >= 0) {
        parts[0][i] = (filled - start + end - done) / NANOS_OF_A_MICRO;
        parts[1][i] = (launched - filled) / NANOS_OF_A_MICRO;
        parts[2][i] = (done - launched) / NANOS_OF_A_MICRO;
      }
    }
  }

  private static void measureSpans(RawLane lane, Runnable launch, double[] spans) {
    try (RawTimer timer = new RawTimer(lane.stream())) {
      for (int i = 0; i < CALLS; i++) {
        spans[i] = timer.micros(launch);
      }
    }
  }

  /** By a graph of the forward alone, so that no launch of an operation is waited for. */
  private static double kernels(RawLane lane) {
    double[] each = new double[CALLS / BACK_TO_BACK];
    lane.onStream(
        () -> {
          try (RawGraph forward = RawGraph.capture(lane.stream(), lane::encodeForward);
              RawTimer timer = new RawTimer(lane.stream())) {
            for (int i = 0; i < each.length; i++) {
              each[i] = timer.micros(() -> launchAll(forward)) / BACK_TO_BACK;
            }
          }
        });
    return median(each);
  }

  private static void launchAll(RawGraph graph) {
    for (int i = 0; i < BACK_TO_BACK; i++) {
      graph.launch();
    }
  }

  private static double median(double[] values) {
    return DoubleStream.of(values).sorted().toArray()[values.length / 2];
  }
}
