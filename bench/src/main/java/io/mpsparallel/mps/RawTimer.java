package io.mpsparallel.mps;

import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.global.cudart;

/** Two timed CUDA events around work on one stream. One thread. */
final class RawTimer implements AutoCloseable {
  private static final double MICROS_OF_A_MILLI = 1e3;

  private final RawStream stream;
  private final CUevent_st from = new CUevent_st();
  private final CUevent_st to = new CUevent_st();

  RawTimer(RawStream stream) {
    this.stream = stream;
    RawStream.check(cudart.cudaEventCreate(from), "cudaEventCreate");
    RawStream.check(cudart.cudaEventCreate(to), "cudaEventCreate");
  }

  /** {@return for how many microseconds the device was at some work; waits for its end} */
  double micros(Runnable encode) {
    RawStream.check(cudart.cudaEventRecord(from, stream.handle()), "cudaEventRecord");
    encode.run();
    RawStream.check(cudart.cudaEventRecord(to, stream.handle()), "cudaEventRecord");
    stream.synchronize();
    float[] millis = new float[1];
    RawStream.check(cudart.cudaEventElapsedTime(millis, from, to), "cudaEventElapsedTime");
    return millis[0] * MICROS_OF_A_MILLI;
  }

  @Override
  public void close() {
    RawStream.check(cudart.cudaEventDestroy(from), "cudaEventDestroy");
    RawStream.check(cudart.cudaEventDestroy(to), "cudaEventDestroy");
  }
}
