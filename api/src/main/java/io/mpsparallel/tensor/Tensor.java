package io.mpsparallel.tensor;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one value type, with a factory and a reader for each Java array; half is Javadoc.
/**
 * A dense, row-major block of numbers in direct host memory, in the machine's byte order: what goes
 * into a model and what comes out. It has no arithmetic.
 *
 * <p>Handles are cheap and may share memory ({@link #share}, {@link #view}, {@link #slice}): the
 * memory is freed when the last handle is closed. Whoever holds a handle closes it; closing twice
 * is harmless, use after close is a {@code CLOSED} error. Reading is safe from any thread; whoever
 * writes makes sure that nobody reads at the same time. One tensor holds at most 2 GiB.
 */
public final class Tensor implements AutoCloseable {
  private static final VarHandle CLOSED;

  static {
    try {
      CLOSED = MethodHandles.lookup().findVarHandle(Tensor.class, "closed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final TensorSpec spec;
  private final Memory memory;
  private final int offset;

  @SuppressWarnings("unused") // through CLOSED
  private volatile boolean closed;

  private Tensor(TensorSpec spec, Memory memory, int offset) {
    this.spec = spec;
    this.memory = memory;
    this.offset = offset;
  }

  // ---- from values ----

  /**
   * A zeroed tensor.
   *
   * @param spec its dtype and shape
   * @return a tensor that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if it would be larger than 2 GiB, {@code
   *     OUT_OF_MEMORY} if the JVM's bound on direct memory is reached
   */
  public static Tensor allocate(TensorSpec spec) {
    int bytes = arrayLength(spec);
    try {
      return new Tensor(spec, Memory.allocate(bytes), 0);
    } catch (OutOfMemoryError e) {
      throw new InferenceException(
          ErrorCode.OUT_OF_MEMORY,
          spec + ": " + bytes + " bytes of direct memory; raise -XX:MaxDirectMemorySize",
          e);
    }
  }

  /**
   * A float32 tensor that holds a copy of the values.
   *
   * @param values the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   */
  public static Tensor of(float[] values, long... shape) {
    Tensor tensor = allocate(checked(DType.FLOAT32, values.length, shape));
    tensor.raw().asFloatBuffer().put(values);
    return tensor;
  }

  /**
   * A float64 tensor that holds a copy of the values.
   *
   * @param values the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   */
  public static Tensor of(double[] values, long... shape) {
    Tensor tensor = allocate(checked(DType.FLOAT64, values.length, shape));
    tensor.raw().asDoubleBuffer().put(values);
    return tensor;
  }

  /**
   * An int64 tensor that holds a copy of the values.
   *
   * @param values the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   */
  public static Tensor of(long[] values, long... shape) {
    Tensor tensor = allocate(checked(DType.INT64, values.length, shape));
    tensor.raw().asLongBuffer().put(values);
    return tensor;
  }

  /**
   * An int32 tensor that holds a copy of the values.
   *
   * @param values the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   */
  public static Tensor of(int[] values, long... shape) {
    Tensor tensor = allocate(checked(DType.INT32, values.length, shape));
    tensor.raw().asIntBuffer().put(values);
    return tensor;
  }

  /**
   * An int16 tensor that holds a copy of the values.
   *
   * @param values the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   */
  public static Tensor of(short[] values, long... shape) {
    Tensor tensor = allocate(checked(DType.INT16, values.length, shape));
    tensor.raw().asShortBuffer().put(values);
    return tensor;
  }

  /**
   * A bool tensor that holds a copy of the values.
   *
   * @param values the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   */
  public static Tensor of(boolean[] values, long... shape) {
    Tensor tensor = allocate(checked(DType.BOOL, values.length, shape));
    ByteBuffer raw = tensor.raw();
    for (boolean value : values) {
      raw.put((byte) (value ? 1 : 0));
    }
    return tensor;
  }

  /**
   * A tensor of any dtype that holds a copy of bytes in the machine's order: int8 and uint8
   * elements, or the raw form of wider ones.
   *
   * @param dtype the element type
   * @param bytes the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   */
  public static Tensor of(DType dtype, byte[] bytes, long... shape) {
    TensorSpec spec = TensorSpec.of(dtype, shape);
    checkLength(spec, bytes.length, spec.byteLength(), "bytes");
    Tensor tensor = allocate(spec);
    tensor.raw().put(bytes);
    return tensor;
  }

  /**
   * A tensor of a floating dtype, rounded from floats: the way to make float16 and bfloat16.
   *
   * @param dtype float32, float64, float16 or bfloat16
   * @param values the elements in row-major order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if the dtype is no floating one
   */
  public static Tensor of(DType dtype, float[] values, long... shape) {
    if (!dtype.isFloating()) {
      throw wrongDtype(dtype, "a floating dtype");
    }
    Tensor tensor = allocate(checked(dtype, values.length, shape));
    ByteBuffer raw = tensor.raw();
    for (float value : values) {
      switch (dtype) {
        case FLOAT32 -> raw.putFloat(value);
        case FLOAT64 -> raw.putDouble(value);
        case FLOAT16 -> raw.putShort(HalfFloats.toFloat16(value));
        case BFLOAT16 -> raw.putShort(HalfFloats.toBfloat16(value));
        default -> throw wrongDtype(dtype, "a floating dtype");
      }
    }
    return tensor;
  }

  // ---- over memory that is there already ----

  /**
   * A tensor over a direct buffer, without a copy. The buffer stays the caller's: its content is
   * the tensor's content for as long as the tensor lives.
   *
   * @param buffer a direct buffer; the bytes between its position and its limit are used
   * @param dtype the element type; elements are in the machine's byte order
   * @param shape the dimensions
   * @return a tensor that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if the buffer is no direct buffer, or too
   *     short or long, {@code MISUSE} if it is read-only
   */
  public static Tensor wrap(ByteBuffer buffer, DType dtype, long... shape) {
    return adopt(buffer, TensorSpec.of(dtype, shape), null);
  }

  /**
   * A tensor over memory that somebody else frees: for backends and transports.
   *
   * @param buffer a direct buffer; the bytes between its position and its limit are used
   * @param spec dtype and shape of what is there
   * @param release run once, when the last handle is closed, on the thread that closes it, and not
   *     to throw; or null
   * @return a tensor that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if the buffer is no direct buffer, or too
   *     short or long, {@code MISUSE} if it is read-only
   */
  public static Tensor adopt(ByteBuffer buffer, TensorSpec spec, @Nullable Runnable release) {
    requireNonNull(buffer, "buffer");
    requireNonNull(spec, "spec");
    if (!buffer.isDirect()) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          spec + ": a heap buffer (expected: a direct one; Tensor.of copies arrays)");
    }
    if (buffer.isReadOnly()) {
      throw new InferenceException(
          ErrorCode.MISUSE, spec + ": a read-only buffer, which a model could write to");
    }
    checkLength(spec, buffer.remaining(), spec.byteLength(), "bytes");
    return new Tensor(spec, Memory.adopt(buffer, release), 0);
  }

  // ---- what it is ----

  /** {@return dtype and shape} */
  public TensorSpec spec() {
    return spec;
  }

  /** {@return the element type} */
  public DType dtype() {
    return spec.dtype();
  }

  /** {@return a copy of the dimensions, outermost first} */
  public long[] shape() {
    return spec.shape();
  }

  /** {@return whether this handle was closed} */
  public boolean isClosed() {
    return closed;
  }

  // ---- handles on the same memory ----

  /**
   * Whether another handle is, or was, over memory that begins at the same place as this one's; for
   * backends that keep what they made for a tensor.
   *
   * @param other the other handle, which may be closed
   * @return true if both begin at the same byte of the same memory
   */
  public boolean overlays(Tensor other) {
    return memory == other.memory && offset == other.offset;
  }

  /**
   * A second handle on the same memory, for instance to keep a tensor that {@code submit} takes
   * over.
   *
   * @return a tensor that the caller closes
   */
  public Tensor share() {
    return section(0, spec);
  }

  /**
   * The same elements in another shape.
   *
   * @param shape the new dimensions, with the same number of elements
   * @return a tensor over the same memory that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if the number of elements differs
   */
  public Tensor view(long... shape) {
    TensorSpec changed = TensorSpec.of(spec.dtype(), shape);
    checkLength(changed, spec.elements(), changed.elements(), "elements");
    return section(0, changed);
  }

  /**
   * Some rows: a range of dimension 0.
   *
   * @param from the first row
   * @param to the row after the last
   * @return a tensor over the same memory that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if there are no such rows
   */
  public Tensor slice(long from, long to) {
    if (spec.rank() == 0 || from < 0 || to < from || to > spec.dim(0)) {
      throw new InferenceException(ErrorCode.INVALID_INPUT, spec + ": no rows " + from + ".." + to);
    }
    long rowBytes = spec.dim(0) == 0 ? 0 : spec.byteLength() / spec.dim(0);
    return section(from * rowBytes, spec.withRows(to - from));
  }

  /**
   * Any part of the memory as a tensor: for backends, whose outputs may lie inside an input.
   *
   * @param byteOffset where the part begins, from the start of this tensor
   * @param part its dtype and shape
   * @return a tensor over the same memory that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} if the part reaches beyond this tensor
   */
  public Tensor section(long byteOffset, TensorSpec part) {
    if (byteOffset < 0 || part.byteLength() > spec.byteLength() - byteOffset) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT, part + " at byte " + byteOffset + " of " + spec);
    }
    retain();
    return new Tensor(part, memory, offset + (int) byteOffset);
  }

  /**
   * A copy in memory of its own.
   *
   * @return a tensor that the caller closes
   */
  public Tensor detach() {
    Tensor copy = allocate(spec);
    copyTo(copy.raw());
    return copy;
  }

  // ---- its bytes and values ----

  /**
   * The memory itself, without a copy, in the machine's byte order. It may be read and written
   * until this tensor and all that share its memory are closed, and not after: an output's memory
   * is native.
   *
   * @return a new buffer over all bytes of this tensor
   */
  public ByteBuffer buffer() {
    retain();
    try {
      return memory.expose(offset, (int) spec.byteLength());
    } finally {
      memory.release();
    }
  }

  /**
   * The memory itself, for a backend that holds a handle of its own ({@link #share}), reachable and
   * open, for as long as it uses the buffer, and shows it to nobody: unlike after {@link #buffer},
   * the memory is freed the moment the last handle is closed.
   *
   * @return a new buffer over all bytes of this tensor
   */
  public ByteBuffer memory() {
    checkOpen();
    return raw();
  }

  /**
   * Copies all bytes into a buffer, from its position on, and advances the position.
   *
   * @param target where to; at least {@code spec().byteLength()} bytes must remain
   */
  public void copyTo(ByteBuffer target) {
    int bytes = (int) spec.byteLength();
    checkRoom(target, bytes);
    retain();
    try {
      target.put(target.position(), memory.buffer(), offset, bytes);
    } finally {
      memory.release();
    }
    target.position(target.position() + bytes);
  }

  /**
   * Copies bytes from a buffer, from its position on, over all of this tensor, and advances the
   * position.
   *
   * @param source where from; at least {@code spec().byteLength()} bytes must remain
   */
  public void copyFrom(ByteBuffer source) {
    int bytes = (int) spec.byteLength();
    checkRoom(source, bytes);
    retain();
    try {
      memory.buffer().put(offset, source, source.position(), bytes);
    } finally {
      memory.release();
    }
    source.position(source.position() + bytes);
  }

  /**
   * The values of a tensor of any floating dtype as floats; float64 is rounded.
   *
   * @return a new array in row-major order
   */
  public float[] toFloatArray() {
    float[] values = new float[(int) spec.elements()];
    ByteBuffer from = held();
    try {
      switch (spec.dtype()) {
        case FLOAT32 -> from.asFloatBuffer().get(values);
        case FLOAT64 -> fill(values, i -> (float) from.getDouble(8 * i));
        case FLOAT16 -> fill(values, i -> HalfFloats.fromFloat16(from.getShort(2 * i)));
        case BFLOAT16 -> fill(values, i -> HalfFloats.fromBfloat16(from.getShort(2 * i)));
        default -> throw wrongDtype(spec.dtype(), "a floating dtype");
      }
    } finally {
      memory.release();
    }
    return values;
  }

  /**
   * The values of a float64 tensor.
   *
   * @return a new array in row-major order
   */
  public double[] toDoubleArray() {
    expect(DType.FLOAT64);
    double[] values = new double[(int) spec.elements()];
    read(from -> from.asDoubleBuffer().get(values));
    return values;
  }

  /**
   * The values of an int64 tensor.
   *
   * @return a new array in row-major order
   */
  public long[] toLongArray() {
    expect(DType.INT64);
    long[] values = new long[(int) spec.elements()];
    read(from -> from.asLongBuffer().get(values));
    return values;
  }

  /**
   * The values of an int32 tensor.
   *
   * @return a new array in row-major order
   */
  public int[] toIntArray() {
    expect(DType.INT32);
    int[] values = new int[(int) spec.elements()];
    read(from -> from.asIntBuffer().get(values));
    return values;
  }

  /**
   * The values of an int16 tensor.
   *
   * @return a new array in row-major order
   */
  public short[] toShortArray() {
    expect(DType.INT16);
    short[] values = new short[(int) spec.elements()];
    read(from -> from.asShortBuffer().get(values));
    return values;
  }

  /**
   * The values of a bool tensor.
   *
   * @return a new array in row-major order
   */
  public boolean[] toBooleanArray() {
    expect(DType.BOOL);
    byte[] bytes = toByteArray();
    boolean[] values = new boolean[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] != 0;
    }
    return values;
  }

  /**
   * All bytes of a tensor of any dtype, in the machine's byte order.
   *
   * @return a new array
   */
  public byte[] toByteArray() {
    byte[] bytes = new byte[(int) spec.byteLength()];
    read(from -> from.get(bytes));
    return bytes;
  }

  /** Gives up this handle; the memory goes with the last one. Idempotent, any thread. */
  @Override
  public void close() {
    if (CLOSED.compareAndSet(this, false, true)) {
      memory.release();
    }
  }

  /** {@return dtype and shape, and whether it is closed} */
  @Override
  public String toString() {
    return "Tensor " + spec + (closed ? " (closed)" : "");
  }

  // ---- inside ----

  private interface FloatAt {
    float value(int index);
  }

  private interface Reader {
    Object read(ByteBuffer from);
  }

  private static void fill(float[] values, FloatAt source) {
    for (int i = 0; i < values.length; i++) {
      values[i] = source.value(i);
    }
  }

  @SuppressWarnings("CheckReturnValue")
  private void read(Reader reader) {
    ByteBuffer from = held();
    try {
      reader.read(from);
    } finally {
      memory.release();
    }
  }

  private ByteBuffer held() {
    retain();
    return raw();
  }

  private ByteBuffer raw() {
    return memory.buffer().slice(offset, (int) spec.byteLength()).order(ByteOrder.nativeOrder());
  }

  private void retain() {
    checkOpen();
    if (!memory.retain()) {
      throw closedError();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw closedError();
    }
  }

  private InferenceException closedError() {
    return new InferenceException(ErrorCode.CLOSED, "Tensor " + spec + " was closed");
  }

  private void expect(DType dtype) {
    if (spec.dtype() != dtype) {
      throw wrongDtype(spec.dtype(), dtype.id());
    }
  }

  private static InferenceException wrongDtype(DType dtype, String expected) {
    return new InferenceException(
        ErrorCode.INVALID_INPUT, "dtype: " + dtype + " (expected: " + expected + ")");
  }

  private static TensorSpec checked(DType dtype, int values, long... shape) {
    TensorSpec spec = TensorSpec.of(dtype, shape);
    checkLength(spec, values, spec.elements(), "elements");
    return spec;
  }

  private static void checkLength(TensorSpec spec, long found, long expected, String unit) {
    if (found != expected) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          spec + ": " + found + " " + unit + " (expected: " + expected + ")");
    }
  }

  private void checkRoom(ByteBuffer other, int bytes) {
    if (other.remaining() < bytes) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          "buffer: " + other.remaining() + " bytes left (expected: at least " + bytes + ")");
    }
  }

  private static int arrayLength(TensorSpec spec) {
    if (spec.byteLength() > Integer.MAX_VALUE) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          spec + ": " + spec.byteLength() + " bytes (expected: at most " + Integer.MAX_VALUE + ")");
    }
    return (int) spec.byteLength();
  }
}
