package io.mpsparallel.mps;

import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a hand-written loop; on the CPU there is none, and nothing to do. One thread at a
 * time.
 */
final class RawStream implements AutoCloseable {
  private final @Nullable CUDAStream stream;
  private final @Nullable CUstream_st owned; // destroyed with this

  private RawStream(@Nullable CUDAStream stream, @Nullable CUstream_st owned) {
    this.stream = stream;
    this.owned = owned;
  }

  /** {@return a stream that nobody else has} */
  static RawStream own(RawModel model) {
    if (!model.isOnGpu()) {
      return new RawStream(null, null);
    }
    check(cudart.cudaSetDevice(model.deviceIndex()), "cudaSetDevice");
    CUstream_st made = new CUstream_st();
    check(
        cudart.cudaStreamCreateWithFlags(made, cudart.cudaStreamNonBlocking),
        "cudaStreamCreateWithFlags");
    return new RawStream(torch_cuda.getStreamFromExternal(made, model.deviceIndex()), made);
  }

  /** {@return the stream that everybody shares} */
  static RawStream standard(RawModel model) {
    return model.isOnGpu()
        ? new RawStream(torch_cuda.getDefaultCUDAStream(model.deviceIndex()), null)
        : new RawStream(null, null);
  }

  /** {@return one of the 32 streams of libtorch's pool, which are given out in turn} */
  static RawStream pooled(RawModel model) {
    return model.isOnGpu()
        ? new RawStream(torch_cuda.getStreamFromPool(false, model.deviceIndex()), null)
        : new RawStream(null, null);
  }

  /** Work of the calling thread goes here from now on. */
  void makeCurrent() {
    if (stream == null) {
      torch.set_num_threads(1); // a setting of each thread
    } else {
      torch_cuda.setCurrentCUDAStream(stream);
    }
  }

  /** Waits for all work on this stream. */
  void synchronize() {
    if (owned != null) {
      check(cudart.cudaStreamSynchronize(owned), "cudaStreamSynchronize");
    } else if (stream != null) {
      stream.synchronize();
    }
  }

  /** Waits for all work on all streams of the device. */
  void synchronizeDevice() {
    if (stream != null) {
      check(cudart.cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    }
  }

  /** {@return the CUDA runtime's name for it} */
  CUstream_st handle() {
    if (owned == null) {
      throw new IllegalStateException("the stream is not its user's own");
    }
    return owned;
  }

  static void check(int status, String call) {
    if (status != 0) {
      throw new IllegalStateException(
          call + ": " + cudart.cudaGetErrorString(status).getString() + " (" + status + ")");
    }
  }

  @Override
  public void close() {
    if (stream != null) {
      stream.deallocate();
    }
    if (owned != null) {
      check(cudart.cudaStreamDestroy(owned), "cudaStreamDestroy");
    }
  }
}
