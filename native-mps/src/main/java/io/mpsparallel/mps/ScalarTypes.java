package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The element types that cross the border, both ways. It is a whitelist: libtorch dies on some of
 * the others (quantised ones without a quantiser), so they never reach it. Any thread.
 */
final class ScalarTypes {
  private static final Map<DType, ScalarType> NATIVE = new EnumMap<>(DType.class);
  private static final @Nullable DType[] JAVA = new DType[128]; // by libtorch's number
  private static final Map<DType, TensorOptions> OPTIONS = new EnumMap<>(DType.class);

  static {
    pair(DType.FLOAT32, ScalarType.Float);
    pair(DType.FLOAT64, ScalarType.Double);
    pair(DType.FLOAT16, ScalarType.Half);
    pair(DType.BFLOAT16, ScalarType.BFloat16);
    pair(DType.INT8, ScalarType.Char);
    pair(DType.INT16, ScalarType.Short);
    pair(DType.INT32, ScalarType.Int);
    pair(DType.INT64, ScalarType.Long);
    pair(DType.UINT8, ScalarType.Byte);
    pair(DType.BOOL, ScalarType.Bool);
  }

  private ScalarTypes() {}

  private static void pair(DType dtype, ScalarType scalar) {
    NATIVE.put(dtype, scalar);
    JAVA[scalar.value] = dtype;
    OPTIONS.put(dtype, new TensorOptions(scalar)); // kept for the life of the process
  }

  static ScalarType nativeType(DType dtype) {
    return java.util.Objects.requireNonNull(NATIVE.get(dtype));
  }

  /** Options for a CPU tensor; shared, never freed. */
  static TensorOptions options(DType dtype) {
    return java.util.Objects.requireNonNull(OPTIONS.get(dtype));
  }

  /** By its number: what native code returns is no constant of the enum, only equal in number. */
  static DType dtype(ScalarType scalar) {
    DType dtype = JAVA[scalar.value];
    if (dtype == null) {
      throw new InferenceException(
          ErrorCode.UNSUPPORTED_VALUE,
          "the model returned a tensor of "
              + scalar
              + " (expected one of: "
              + NATIVE.keySet()
              + ")");
    }
    return dtype;
  }
}
