package io.mpsparallel.mps;

import io.mpsparallel.error.InferenceException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
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
 * <p>Recordings are made one at a time in the whole process. Meanwhile nobody may ask about the
 * stream, mark its end or have libtorch's allocator empty its caches: that is for {@link
 * #unlessRecording}.
 */
final class CudaGraphRecorder implements GraphRecorder {
  private static final ReentrantReadWriteLock RECORDING = new ReentrantReadWriteLock();
  private static final OwnStream FILTER = new OwnStream();

  private final byte device;
  private final CUstream_st stream;
  private final BiConsumer<Integer, String> check;

  /**
   * libtorch's number for the pool. The presets give this pair of numbers the type of another pair,
   * and would free it as that, which ends the process: so it is never freed, all 16 bytes of it.
   */
  private DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair pool; // written under the lock

  private final AtomicInteger graphs = new AtomicInteger();
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
    pool = newPool(device);
  }

  private static DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair newPool(byte device) {
    DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair made = MemPool.graph_pool_handle();
    made.deallocate(false);
    allocator().createOrIncrefPool(device, made);
    return made;
  }

  /** Lets the allocator free the pool, if no recording needs it any more. */
  void releaseSpare() {
    RECORDING.writeLock().lock();
    try {
      if (graphs.get() == 0 && !closed.get()) {
        allocator().releasePool(device, pool);
        pool = newPool(device);
      }
    } finally {
      RECORDING.writeLock().unlock();
    }
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

  /** Runs something while no stream of the process is recorded; waits until that is so. */
  static void unlessRecording(Runnable action) {
    RECORDING.readLock().lock();
    try {
      action.run();
    } finally {
      RECORDING.readLock().unlock();
    }
  }

  private static CUDAAllocator allocator() {
    return torch_cuda.getAllocator();
  }

  @Override
  public NativeGraph record(Runnable work) {
    check.accept(cudart.cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    RECORDING.writeLock().lock();
    try {
      return recorded(work);
    } finally {
      RECORDING.writeLock().unlock();
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

  /** Gives the pool back, once every recording is closed. Idempotent. */
  void close() {
    if (!closed.getAndSet(true)) {
      allocator().releasePool(device, pool);
    }
  }

  private final class Graph implements NativeGraph {
    private final CUgraphExec_st ready;
    private final DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair from = pool;
    private final AtomicBoolean freed = new AtomicBoolean();

    Graph(CUgraphExec_st ready) {
      this.ready = ready;
      graphs.incrementAndGet();
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
      allocator().releasePool(device, from);
      graphs.decrementAndGet();
      check.accept(status, "cudaGraphExecDestroy");
    }
  }
}
