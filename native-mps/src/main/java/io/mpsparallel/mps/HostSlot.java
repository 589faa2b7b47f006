package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.mps.OutputReader.Output;
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
    outputs =
        adopt(
            model.forward(given.names(), TorchModel.bytes(given), arguments), natives.addresses());
  }

  private NamedTensors adopt(List<Output> raw, long[] addresses) {
    if (raw.size() == 1) {
      Output only = raw.get(0);
      return NamedTensors.of(List.of(only.name()), List.of(adopt(only, addresses)));
    }
    List<String> names = new ArrayList<>(raw.size());
    List<Tensor> adopted = new ArrayList<>(raw.size());
    try {
      for (Output output : raw) {
        names.add(output.name());
        adopted.add(adopt(output, addresses));
      }
      return NamedTensors.of(names, adopted);
    } catch (RuntimeException e) {
      adopted.forEach(Tensor::close);
      raw.subList(names.size(), raw.size()).forEach(Output::free);
      throw e;
    }
  }

  /** Takes one output over: from here on it is freed, at once or with the result. */
  private Tensor adopt(Output raw, long[] addresses) {
    Output output = raw;
    try {
      output = Outputs.contiguousOnHost(raw);
      TensorSpec spec = Outputs.spec(output.tensor());
      Tensor alias = alias(output.tensor().data_ptr().address(), spec, addresses);
      if (alias != null) {
        output.free();
        return alias;
      }
      Outputs.checkSize(spec); // before it is copied
      output = Outputs.owned(output);
      return Tensor.adopt(Outputs.memory(output.tensor(), spec), spec, output::free);
    } catch (RuntimeException e) {
      output.free();
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
     * The same output, dense and row-major, in host memory; the given one is freed if it differs.
     */
    static Output contiguousOnHost(Output raw) {
      checkDense(raw.name(), raw.tensor());
      return raw.tensor().is_contiguous() ? raw : instead(raw, raw.tensor().contiguous());
    }

    /** The same output in memory that nobody else holds; the given one is freed if it differs. */
    static Output owned(Output output) {
      org.bytedeco.pytorch.Tensor tensor = output.tensor();
      boolean alone = tensor.use_count() == 1 && tensor.storage().use_count() == 1;
      return alone ? output : instead(output, tensor.clone());
    }

    private static Output instead(Output output, org.bytedeco.pytorch.Tensor copy) {
      output.free();
      return Output.owning(output.name(), copy);
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
