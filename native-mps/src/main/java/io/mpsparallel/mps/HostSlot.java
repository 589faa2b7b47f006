package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.IValueVector;
import org.jspecify.annotations.Nullable;

/**
 * A forward on the host: inputs are used where they lie, outputs are handed out where libtorch put
 * them. Nothing is copied, unless an output lies in the slot's own staging memory, in the model's
 * (a weight, a constant), or in another output's.
 */
final class HostSlot extends TorchSlot {
  private final HostInputs natives = new HostInputs();
  private @Nullable NamedTensors outputs;

  HostSlot(TorchModel model, TorchStream stream) {
    super(model, stream);
  }

  @Override
  int stagedBytes(TensorSpec spec) {
    return Math.max(1, (int) spec.byteLength());
  }

  @Override
  void prepare() {}

  @Override
  void forward() {
    NamedTensors given = inputs();
    IValueVector arguments = natives.bind(given, model.keepsInputs());
    outputs = adopt(model.forward(given, arguments), natives.addresses());
  }

  private NamedTensors adopt(OutputReader.Outputs raw, long[] addresses) {
    if (raw.tensors().size() == 1) {
      return NamedTensors.of(
          raw.names(), List.of(adopt(raw.names().get(0), raw.tensors().get(0), addresses)));
    }
    List<Tensor> adopted = new ArrayList<>(raw.tensors().size());
    try {
      for (int i = 0; i < raw.tensors().size(); i++) {
        adopted.add(adopt(raw.names().get(i), raw.tensors().get(i), addresses));
      }
      return NamedTensors.of(raw.names(), adopted);
    } catch (RuntimeException e) {
      adopted.forEach(Tensor::close);
      for (int i = adopted.size(); i < raw.tensors().size(); i++) {
        raw.tensors().get(i).deallocate();
      }
      throw e;
    }
  }

  /** Takes one output over: from here on the raw tensor is freed, at once or with the result. */
  private Tensor adopt(String name, org.bytedeco.pytorch.Tensor raw, long[] addresses) {
    org.bytedeco.pytorch.Tensor tensor = raw;
    try {
      tensor = Outputs.contiguousOnHost(name, raw);
      TensorSpec spec = Outputs.spec(tensor);
      Tensor alias = alias(tensor.data_ptr().address(), spec, addresses);
      if (alias != null) {
        tensor.deallocate();
        return alias;
      }
      Outputs.checkSize(spec); // before it is copied
      tensor = Outputs.owned(tensor);
      return Tensor.adopt(Outputs.memory(tensor, spec), spec, tensor::deallocate);
    } catch (RuntimeException e) {
      tensor.deallocate();
      throw e;
    }
  }

  /** The output as a part of an input, if it lies inside one; a copy, if that is staging memory. */
  private @Nullable Tensor alias(long address, TensorSpec spec, long[] addresses) {
    for (int i = 0; i < addresses.length; i++) {
      Tensor input = inputs().get(i);
      long offset = address - addresses[i];
      if (offset >= 0 && spec.byteLength() > 0 && offset < input.spec().byteLength()) {
        Tensor part = input.section(offset, spec);
        if (!isStaged()) {
          return part;
        }
        try (part) {
          return part.detach();
        }
      }
    }
    return null;
  }

  @Override
  void encodeCopies() {}

  @Override
  NamedTensors collect() {
    NamedTensors taken = java.util.Objects.requireNonNull(outputs, "outputs");
    outputs = null;
    return taken;
  }

  @Override
  void discard() {
    if (outputs != null) {
      outputs.close();
      outputs = null;
    }
  }

  @Override
  void lose() {
    discard(); // nothing is ever under way
  }

  @Override
  void freeNatives() {
    natives.free();
  }

  /** Facts about raw outputs that both kinds of slots need. */
  static final class Outputs {
    private Outputs() {}

    /**
     * The same tensor, dense and row-major, in host memory; the given one is freed if it differs.
     */
    static org.bytedeco.pytorch.Tensor contiguousOnHost(
        String name, org.bytedeco.pytorch.Tensor raw) {
      checkDense(name, raw);
      if (raw.is_contiguous()) {
        return raw;
      }
      org.bytedeco.pytorch.Tensor dense = raw.contiguous();
      raw.deallocate();
      return dense;
    }

    /** The same tensor in memory that nobody else holds; the given one is freed if it differs. */
    static org.bytedeco.pytorch.Tensor owned(org.bytedeco.pytorch.Tensor tensor) {
      if (tensor.use_count() == 1 && tensor.storage().use_count() == 1) {
        return tensor;
      }
      org.bytedeco.pytorch.Tensor copy = tensor.clone();
      tensor.deallocate();
      return copy;
    }

    static void checkDense(String name, org.bytedeco.pytorch.Tensor raw) {
      if (!raw.has_storage() || raw.is_meta()) {
        throw new InferenceException(
            ErrorCode.UNSUPPORTED_VALUE,
            "output '"
                + name
                + "' is a tensor "
                + (raw.is_meta() ? "of device meta" : "of layout " + raw.layout().intern())
                + " (expected: dense, with data)");
      }
    }

    static TensorSpec spec(org.bytedeco.pytorch.Tensor tensor) {
      DType dtype = ScalarTypes.dtype(tensor.scalar_type());
      long[] shape = new long[(int) tensor.dim()];
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = tensor.size(axis);
      }
      return TensorSpec.of(dtype, shape);
    }

    static void checkSize(TensorSpec spec) {
      if (spec.byteLength() > Integer.MAX_VALUE) {
        throw new InferenceException(
            ErrorCode.UNSUPPORTED_VALUE, "output " + spec + " has more than 2 GiB");
      }
    }

    static ByteBuffer memory(org.bytedeco.pytorch.Tensor tensor, TensorSpec spec) {
      if (spec.byteLength() == 0) {
        return ByteBuffer.allocateDirect(0);
      }
      Pointer data = tensor.data_ptr();
      return data.capacity(spec.byteLength()).asByteBuffer().order(ByteOrder.nativeOrder());
    }
  }
}
