package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeErrorsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          OUT_OF_MEMORY | CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 4 MiB free
          OUT_OF_MEMORY | CUDA error: out of memory
          OUT_OF_MEMORY | MPS backend out of memory (MPS allocated: 5.05 GB, other allocations: 3 GB)
          OUT_OF_MEMORY | DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes.
          OUT_OF_MEMORY | std::bad_alloc
          DEVICE_FAILED | CUDA error: device-side assert triggered
          DEVICE_FAILED | CUDA error: an illegal memory access was encountered
          DEVICE_FAILED | CUDA error: unspecified launch failure
          DEVICE_FAILED | CUDA error: misaligned address
          DEVICE_FAILED | CUDA error: the launch timed out and was terminated
          DEVICE_FAILED | CUDA error: uncorrectable ECC error encountered
          DEVICE_FAILED | cuDNN error: CUDNN_STATUS_EXECUTION_FAILED
          DEVICE_FAILED | CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`
          DEVICE_FAILED | MPS backend: command buffer exited with error status
          INVALID_INPUT | mat1 and mat2 shapes cannot be multiplied (2x5 and 4x8)
          INVALID_INPUT | mat1 and mat2 must have the same dtype, but got Double and Float
          INVALID_INPUT | both arguments to linear need to be at least 1D, but they are 0D and 2D
          INVALID_INPUT | index out of range in self
          INVALID_INPUT | select(): index 7 out of range for tensor of size [2] at dimension 0
          INVALID_INPUT | The size of tensor a (2) must match the size of tensor b (3)
          INVALID_INPUT | shape '[3, -1]' is invalid for input of size 4
          INVALID_INPUT | Expected tensor for argument #1 'indices' to have scalar type Long, Int
          INVALID_INPUT | forward() expected at most 2 argument(s) but received 3 argument(s).
          INVALID_INPUT | forward() is missing value for argument 'y'.
          INVALID_INPUT | "addmm_impl_cpu_" not implemented for 'Half'
          MODEL_FAILED  | AssertionError: seven rows
          MODEL_FAILED  | list index out of range
          MODEL_FAILED  | division by 0
          MODEL_FAILED  | linalg.inv: The diagonal element 1 is zero, the input matrix is singular.
          """)
  void message_hasItsCode(ErrorCode code, String message) {
    InferenceException e = NativeErrors.forward(new RuntimeException(message), "model m");
    assertThat(e.code()).isEqualTo(code);
    assertThat(e.getMessage()).contains("model m: " + message);
  }

  @Test
  void device_unknownMessage_isAboutTheDevice() {
    RuntimeException unknown = new RuntimeException("shapes cannot be multiplied");
    assertThat(NativeErrors.device(unknown, "d").code()).isEqualTo(ErrorCode.DEVICE_FAILED);
    RuntimeException memory = new RuntimeException("CUDA out of memory.");
    assertThat(NativeErrors.device(memory, "d").code()).isEqualTo(ErrorCode.OUT_OF_MEMORY);
  }

  @Test
  void load_anyMessage_isAboutTheModelAndSaysWhatWasExpected() {
    RuntimeException unknown = new RuntimeException("index out of range");
    InferenceException e = NativeErrors.load(unknown, "m.pt");
    assertThat(e.code()).isEqualTo(ErrorCode.MODEL_INVALID);
    assertThat(e.getMessage()).contains("m.pt: index out of range (expected: TorchScript");
  }

  @Test
  void load_onADeviceThatFailed_isNotAboutTheModel() {
    RuntimeException failed = new RuntimeException("CUDA error: device-side assert triggered");
    InferenceException e = NativeErrors.load(failed, "m.pt");
    assertThat(e.code()).isEqualTo(ErrorCode.DEVICE_FAILED);
    assertThat(e.getMessage()).doesNotContain("expected: TorchScript");
  }

  @Test
  void deviceSideAssert_saysHowToAvoidIt() {
    RuntimeException failed = new RuntimeException("CUDA error: device-side assert triggered");
    RuntimeException other = new RuntimeException("CUDA error: misaligned address");
    String advice = "declare \"range\" for index inputs in NAME.json";
    assertThat(NativeErrors.forward(failed, "m")).hasMessageContaining(advice);
    assertThat(NativeErrors.device(failed, "d")).hasMessageContaining(advice);
    assertThat(NativeErrors.load(failed, "m.pt")).hasMessageContaining(advice);
    assertThat(NativeErrors.device(other, "d").getMessage()).doesNotContain("range");
  }

  @Test
  void typedFailure_isLeftAlone() {
    InferenceException known = new InferenceException(ErrorCode.CLOSED, "closed");
    assertThat(NativeErrors.forward(known, "x")).isSameAs(known);
    assertThat(NativeErrors.load(known, "x")).isSameAs(known);
    assertThat(NativeErrors.device(known, "x")).isSameAs(known);
  }

  @Test
  void backtrace_isCut() {
    assertThat(trimmed("no way\nException raised from f at a.cpp:1 (most recent call first):\n#0"))
        .isEqualTo("no way");
    assertThat(trimmed("enforce failed.\nframe #0: c10::ThrowEnforceNotMet + 0x68"))
        .isEqualTo("enforce failed.");
  }

  @Test
  void scriptTraceback_leavesItsLastLine() {
    String text =
        """
        The following operation failed in the TorchScript interpreter.
        Traceback of TorchScript (most recent call last):
          File "<string>", line 2, in forward
            return x[7]
                   ~~~ <--- HERE
        RuntimeError: index 7 out of range
        """;
    assertThat(trimmed(text)).isEqualTo("index 7 out of range");
  }

  @Test
  void errorOfCuda_isItsFirstLine() {
    String text =
        """
        The following operation failed in the TorchScript interpreter.
        Traceback of TorchScript (most recent call last):
          File "<string>", line 2, in forward
            if float(x[0]) > 5:
               ~~~~~ <--- HERE
        RuntimeError: CUDA error: operation not permitted when stream is capturing
        Search for `cudaErrorStreamCaptureUnsupported' in the documentation for more information.
        For debugging consider passing CUDA_LAUNCH_BLOCKING=1
        Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.
        """;
    assertThat(trimmed(text))
        .isEqualTo("CUDA error: operation not permitted when stream is capturing");
  }

  @Test
  void longOrUnprintableText_isMadeFitForALog() {
    assertThat(trimmed("x".repeat(5000))).hasSize(2003).endsWith("...");
    assertThat(trimmed("bytes \u0001\u0002\ufffd\ufffd.")).doesNotContain("\u0001", "\ufffd");
    assertThat(NativeErrors.trimmed(new RuntimeException())).isEqualTo("null");
  }

  private static String trimmed(String text) {
    return NativeErrors.trimmed(new RuntimeException(text));
  }
}
