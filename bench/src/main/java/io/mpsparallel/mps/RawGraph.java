package io.mpsparallel.mps;

import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;

/**
 * A CUDA graph of a hand-written loop, bound to the addresses that were captured. It is launched on
 * the stream that it was captured on, by one thread at a time.
 */
final class RawGraph implements AutoCloseable {
  private static final Object CAPTURES = new Object(); // one at a time

  private final CUstream_st stream;
  private final CUgraphExec_st exec = new CUgraphExec_st();

  private RawGraph(CUstream_st stream) {
    this.stream = stream;
  }

  /**
   * Captures what is encoded on a stream.
   *
   * @param stream current on this thread, and idle
   * @param encode encodes the work, on this thread, and does not wait for it
   * @return a graph that the caller closes before the stream
   */
  static RawGraph capture(RawStream stream, Runnable encode) {
    synchronized (CAPTURES) {
      RawGraph made = new RawGraph(stream.handle());
      CUgraph_st graph = made.record(encode);
      try {
        RawStream.check(cudart.cudaGraphInstantiate(made.exec, graph, 0L), "cudaGraphInstantiate");
      } finally {
        RawStream.check(cudart.cudaGraphDestroy(graph), "cudaGraphDestroy");
      }
      return made;
    }
  }

  /** The capture ends before anything is freed, or the process would end. */
  @SuppressWarnings("CheckReturnValue") // what failed is known already
  private CUgraph_st record(Runnable encode) {
    RawStream.check(
        cudart.cudaStreamBeginCapture(stream, cudart.cudaStreamCaptureModeThreadLocal),
        "cudaStreamBeginCapture");
    CUgraph_st graph = new CUgraph_st();
    try {
      encode.run();
    } catch (RuntimeException e) {
      cudart.cudaStreamEndCapture(stream, graph);
      cudart.cudaGetLastError();
      throw e;
    }
    RawStream.check(cudart.cudaStreamEndCapture(stream, graph), "cudaStreamEndCapture");
    return graph;
  }

  /** Starts it, and does not wait. */
  void launch() {
    RawStream.check(cudart.cudaGraphLaunch(exec, stream), "cudaGraphLaunch");
  }

  @Override
  public void close() {
    RawStream.check(cudart.cudaGraphExecDestroy(exec), "cudaGraphExecDestroy");
  }
}
