package io.mpsparallel.mps;

import io.mpsparallel.error.InferenceException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.cuda.CUDAAllocator;
import org.bytedeco.pytorch.cuda.DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair;
import org.bytedeco.pytorch.cuda.MemPool;
import org.bytedeco.pytorch.cuda.StreamFilter;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/**
 * CUDA graphs of one stream. libtorch's tensors that come and go while a graph is recorded lie in a
 * private pool of its allocator: else it would lend their memory to others, or free it, while the
 * graph still uses it at each launch.
 *
 * <p>Recordings are made one at a time in the whole process: libtorch's allocator does without
 * emptying its caches while one is made, and {@link #whileNoneRecords} keeps ours from trying.
 */
final class CudaGraphRecorder implements GraphRecorder {
  private static final ReentrantLock RECORDING = new ReentrantLock();
  private static final OwnStream FILTER = new OwnStream();

  private final byte device;
  private final CUstream_st stream;
  private final BiConsumer<Integer, String> check;

  /** libtorch's number for the pool; the presets give the pair of numbers another pair's type. */
  private final DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair pool;

  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A recorder for a stream that is nobody else's.
   *
   * @param device the index of the device
   * @param stream the stream, not the default one
   * @param check throws what a status of the CUDA runtime, from a call of some name, stands for
   */
  CudaGraphRecorder(byte device, CUstream_st stream, BiConsumer<Integer, String> check) {
    this.device = device;
    this.stream = stream;
    this.check = check;
    pool = MemPool.graph_pool_handle();
    allocator().createOrIncrefPool(device, pool);
  }

  /** Called back by libtorch's allocator, on whatever thread wants memory: which streams record. */
  private static final class OwnStream extends StreamFilter {
    private volatile long recording;
    private volatile boolean asked;

    @Override
    public boolean call(Pointer other) {
      boolean own = other != null && other.address() == recording;
      if (own) {
        asked = true;
      }
      return own;
    }
  }

  /** Runs something that is not allowed while any stream of the process records. */
  static void whileNoneRecords(Runnable action) {
    RECORDING.lock();
    try {
      action.run();
    } finally {
      RECORDING.unlock();
    }
  }

  private static CUDAAllocator allocator() {
    return torch_cuda.getAllocator();
  }

  @Override
  public NativeGraph record(Runnable work) {
    check.accept(cudart.cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    RECORDING.lock();
    try {
      return recorded(work);
    } finally {
      RECORDING.unlock();
    }
  }

  private NativeGraph recorded(Runnable work) {
    FILTER.recording = stream.address();
    FILTER.asked = false;
    allocator().beginAllocateToPool(device, pool, FILTER);
    CUgraph_st graph = null;
    try {
      graph = capture(work);
      return new Graph(instantiate(graph));
    } catch (RuntimeException | Error e) {
      allocator().releasePool(device, pool);
      throw e;
    } finally {
      if (graph != null) {
        cudart.cudaGraphDestroy(graph);
      }
    }
  }

  /** Whatever happens, the capture ends before anything else does: tensors are freed after it. */
  private CUgraph_st capture(Runnable work) {
    CUgraph_st graph = new CUgraph_st();
    int begun = cudart.cudaStreamBeginCapture(stream, cudart.cudaStreamCaptureModeThreadLocal);
    Throwable failure = null;
    try {
      if (begun == cudart.cudaSuccess) {
        work.run();
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    int ended = begun == cudart.cudaSuccess ? cudart.cudaStreamEndCapture(stream, graph) : begun;
    allocator().endAllocateToPool(device, pool);
    FILTER.recording = 0;
    if (failure != null || ended != cudart.cudaSuccess || !FILTER.asked) {
      throw failed(failure, ended, graph);
    }
    return graph;
  }

  @SuppressWarnings("CheckReturnValue") // the error is known, and must not be found by others
  private static RuntimeException failed(@Nullable Throwable failure, int ended, CUgraph_st graph) {
    cudart.cudaGetLastError();
    if (ended == cudart.cudaSuccess && !graph.isNull()) {
      cudart.cudaGraphDestroy(graph);
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof InferenceException known) {
      return new RecordingFailed(known.detail(), known);
    }
    if (failure != null) {
      return new RecordingFailed(NativeErrors.trimmed(failure), failure);
    }
    String why =
        ended == cudart.cudaSuccess
            ? "libtorch took no memory from the graph's own pool"
            : cudart.cudaGetErrorString(ended).getString();
    return new RecordingFailed(why, new IllegalStateException("CUDA error " + ended));
  }

  private CUgraphExec_st instantiate(CUgraph_st graph) {
    CUgraphExec_st ready = new CUgraphExec_st();
    check.accept(cudart.cudaGraphInstantiate(ready, graph, 0), "cudaGraphInstantiate");
    return ready;
  }

  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      allocator().releasePool(device, pool);
    }
  }

  private final class Graph implements NativeGraph {
    private final CUgraphExec_st ready;
    private final AtomicBoolean freed = new AtomicBoolean();

    Graph(CUgraphExec_st ready) {
      this.ready = ready;
    }

    @Override
    public void launch() {
      check.accept(cudart.cudaGraphLaunch(ready, stream), "cudaGraphLaunch");
    }

    @Override
    public void close() {
      if (freed.getAndSet(true)) {
        return;
      }
      int status = cudart.cudaGraphExecDestroy(ready);
      allocator().releasePool(device, pool);
      check.accept(status, "cudaGraphExecDestroy");
    }
  }
}
