package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * An NVIDIA GPU. Streams of the pool are made with the CUDA runtime and handed to libtorch as
 * external ones, because libtorch's own pool has 32 and wraps round: nobody else can share ours.
 * Events and pinned memory are the CUDA runtime's as well. Only touched when {@code
 * org.bytedeco:cuda} is on the class path.
 */
final class CudaDriver implements Driver {
  private static final int SUCCESS = 0;

  private final Device device;
  private final byte index;
  private final org.bytedeco.pytorch.Device torchDevice;
  private final Capabilities capabilities;
  private final CUDAStream defaultStream;
  private final Events events = new Events();
  private final PinnedMemory staging = new PinnedMemory();
  private final Map<Integer, CudaGraphRecorder> recorders = new ConcurrentHashMap<>(); // by stream

  private CudaDriver(int index, int streamCapacity) {
    this.device = Device.cuda(index);
    this.index = (byte) index;
    this.torchDevice = new org.bytedeco.pytorch.Device("cuda:" + index);
    this.defaultStream = torch_cuda.getDefaultCUDAStream((byte) index);
    this.capabilities =
        new Capabilities(
            Capabilities.UNLIMITED,
            streamCapacity,
            8,
            true,
            true,
            false,
            GraphKey.SHAPE_AND_SLOT,
            EnumSet.allOf(DType.class),
            totalMemory());
  }

  /** How many NVIDIA GPUs libtorch can use. */
  static int count() {
    return Math.max(0, torch_cuda.device_count());
  }

  /** Opens one GPU; the choice of TF32 is for the whole process. */
  static CudaDriver open(int index, int streamCapacity, boolean tf32) {
    torch.globalContext().setAllowTF32CuBLAS(tf32);
    torch.globalContext().setAllowTF32CuDNN(tf32);
    check(cudart.cudaSetDevice(index), "cudaSetDevice(" + index + ")");
    torch.globalContext().lazyInitDevice(DeviceType.CUDA); // else at the first tensor, or never
    return new CudaDriver(index, streamCapacity);
  }

  private static long totalMemory() {
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      check(cudart.cudaMemGetInfo(free, total), "cudaMemGetInfo");
      return total.get();
    }
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public org.bytedeco.pytorch.Device torchDevice() {
    return torchDevice;
  }

  @Override
  public boolean isHost() {
    return false;
  }

  @Override
  public NativeStream createStream(int streamIndex) {
    if (streamIndex == 0) {
      return new NativeStream(0, defaultStream, null);
    }
    check(cudart.cudaSetDevice(index), "cudaSetDevice");
    CUstream_st raw = new CUstream_st();
    check(
        cudart.cudaStreamCreateWithFlags(raw, cudart.cudaStreamNonBlocking),
        "cudaStreamCreateWithFlags");
    return new NativeStream(streamIndex, torch_cuda.getStreamFromExternal(raw, index), raw);
  }

  @Override
  public void destroyStream(NativeStream stream) {
    if (stream.raw() instanceof CUstream_st raw) {
      CudaGraphRecorder recorder = recorders.remove(stream.index());
      if (recorder != null) {
        recorder.close();
      }
      check(cudart.cudaStreamDestroy(raw), "cudaStreamDestroy");
      requireNonNull(stream.torch()).deallocate();
    }
  }

  @Override
  public boolean isIdle(NativeStream stream) {
    int[] status = new int[1];
    CudaGraphRecorder.unlessRecording(() -> status[0] = cudart.cudaStreamQuery(raw(stream)));
    return status[0] != cudart.cudaErrorNotReady && checked(status[0], "cudaStreamQuery");
  }

  @Override
  public void makeCurrent(NativeStream stream) {
    check(cudart.cudaSetDevice(index), "cudaSetDevice");
    torch_cuda.setCurrentCUDAStream((CUDAStream) requireNonNull(stream.torch()));
  }

  @Override
  public void leaveCurrent() {
    torch_cuda.setCurrentCUDAStream(defaultStream);
  }

  @Override
  public void publish() {
    torch_cuda.getCurrentCUDAStream(index).synchronize();
  }

  @Override
  public void record(NativeEvent event, NativeStream stream) {
    check(cudart.cudaEventRecord((CUevent_st) event.handle(), raw(stream)), "cudaEventRecord");
  }

  /** A mark on a stream that is recorded would become a part of the recording. */
  @Override
  public void recordFromOutside(NativeEvent event, NativeStream stream) {
    CudaGraphRecorder.unlessRecording(() -> record(event, stream));
  }

  @Override
  public void block(NativeEvent event, NativeStream stream) {
    check(
        cudart.cudaStreamWaitEvent(raw(stream), (CUevent_st) event.handle(), 0),
        "cudaStreamWaitEvent");
  }

  /** Null is CUDA's own name for the current device's default stream. */
  @SuppressWarnings("NullAway")
  private CUstream_st raw(NativeStream stream) {
    if (stream.raw() == null) {
      check(cudart.cudaSetDevice(index), "cudaSetDevice"); // it means that of the current device
    }
    return (CUstream_st) stream.raw();
  }

  @Override
  public EventDriver<NativeEvent> events() {
    return events;
  }

  @Override
  public MemorySource staging() {
    return staging;
  }

  /** Of this GPU, whichever is the calling thread's current one, before and after. */
  @Override
  public OptionalLong freeMemory() {
    int[] before = new int[1];
    check(cudart.cudaGetDevice(before), "cudaGetDevice");
    check(cudart.cudaSetDevice(index), "cudaSetDevice");
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      check(cudart.cudaMemGetInfo(free, total), "cudaMemGetInfo");
      return OptionalLong.of(free.get());
    } finally {
      check(cudart.cudaSetDevice(before[0]), "cudaSetDevice");
    }
  }

  @Override
  public GraphRecorder graphRecorder(NativeStream stream) {
    CUstream_st own = (CUstream_st) requireNonNull(stream.raw(), "a stream of its own");
    return recorders.computeIfAbsent(
        stream.index(), i -> new CudaGraphRecorder(index, own, CudaDriver::check));
  }

  @Override
  public void releaseCache() {
    recorders.values().forEach(CudaGraphRecorder::releaseSpare);
    CudaGraphRecorder.unlessRecording(() -> torch_cuda.getAllocator().emptyCache());
  }

  @Override
  public boolean coalesces() {
    return false;
  }

  private static void check(int status, String call) {
    checked(status, call);
  }

  /** Else libtorch's next check on this thread would find the error, and blame its own kernel. */
  @SuppressWarnings("CheckReturnValue")
  private static void clearLastError() {
    cudart.cudaGetLastError();
  }

  private static boolean checked(int status, String call) {
    if (status == SUCCESS) {
      return true;
    }
    clearLastError();
    throw new InferenceException(
        status == cudart.cudaErrorMemoryAllocation
            ? ErrorCode.OUT_OF_MEMORY
            : ErrorCode.DEVICE_FAILED,
        call
            + ": "
            + NativeErrors.advised(cudart.cudaGetErrorString(status).getString())
            + " (CUDA error "
            + status
            + ")");
  }

  private final class Events implements EventDriver<NativeEvent> {
    @Override
    public NativeEvent create(boolean timed) {
      check(cudart.cudaSetDevice(index), "cudaSetDevice");
      CUevent_st event = new CUevent_st();
      int flags = timed ? cudart.cudaEventDefault : cudart.cudaEventDisableTiming;
      check(cudart.cudaEventCreateWithFlags(event, flags), "cudaEventCreateWithFlags");
      return new NativeEvent(timed, 0, event);
    }

    @Override
    public void destroy(NativeEvent event) {
      check(cudart.cudaEventDestroy((CUevent_st) event.handle()), "cudaEventDestroy");
    }

    @Override
    public boolean query(NativeEvent event) {
      int status = cudart.cudaEventQuery((CUevent_st) event.handle());
      return status != cudart.cudaErrorNotReady && checked(status, "cudaEventQuery");
    }

    @Override
    public Duration elapsed(NativeEvent from, NativeEvent to) {
      float[] millis = new float[1];
      check(
          cudart.cudaEventElapsedTime(millis, (CUevent_st) from.handle(), (CUevent_st) to.handle()),
          "cudaEventElapsedTime");
      return Duration.ofNanos((long) (millis[0] * 1e6));
    }
  }

  /** Host memory that the GPU reads and writes by itself. */
  private final class PinnedMemory implements MemorySource {
    @Override
    public ByteBuffer allocate(int bytes) {
      check(cudart.cudaSetDevice(index), "cudaSetDevice");
      Pointer memory = new Pointer();
      check(cudart.cudaHostAlloc(memory, bytes, cudart.cudaHostAllocPortable), "cudaHostAlloc");
      return new BytePointer(memory).capacity(bytes).asByteBuffer();
    }

    @Override
    public void free(ByteBuffer memory) {
      check(cudart.cudaFreeHost(new Pointer(memory)), "cudaFreeHost");
    }
  }
}
