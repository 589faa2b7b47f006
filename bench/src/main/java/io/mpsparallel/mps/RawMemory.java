package io.mpsparallel.mps;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.pytorch.global.torch_cuda;

/** The memory of a GPU. Any thread. */
public final class RawMemory {
  private static final double BYTES_OF_A_GIB = 1L << 30;

  private RawMemory() {}

  /** {@return GiB in use on the calling thread's GPU, by whomever} */
  public static double usedGib() {
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      RawStream.check(cudart.cudaMemGetInfo(free, total), "cudaMemGetInfo");
      return (total.get() - free.get()) / BYTES_OF_A_GIB;
    }
  }

  /** {@return how many GPUs this process sees} */
  public static int gpus() {
    int[] count = new int[1];
    RawStream.check(cudart.cudaGetDeviceCount(count), "cudaGetDeviceCount");
    return count[0];
  }

  /** Gives back what libtorch keeps for streams that are gone; while no captured graph is left. */
  public static void release() {
    torch_cuda.getAllocator().emptyCache();
  }
}
