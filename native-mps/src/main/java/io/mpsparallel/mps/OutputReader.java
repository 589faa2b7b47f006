package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.GenericDict;
import org.bytedeco.pytorch.GenericDictEntryRef;
import org.bytedeco.pytorch.GenericDictIterator;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Tuple;
import org.bytedeco.pytorch.TupleElements;
import org.bytedeco.pytorch.global.torch;

/**
 * Takes the tensors out of what a model returned: a tensor, a number, or tuples, lists and dicts of
 * them, nested. None is left out. What {@link #take} gives belongs to the caller. One thread.
 */
final class OutputReader {
  private final List<Output> outputs = new ArrayList<>();

  private OutputReader() {}

  /**
   * One tensor, and the native object that keeps it alive: its own handle, or the value that it is
   * the whole of, which saves a handle per forward.
   */
  record Output(String name, Tensor tensor, Pointer owner) {
    static Output owning(String name, Tensor tensor) {
      return new Output(name, tensor, tensor);
    }

    void free() {
      owner.deallocate();
    }
  }

  /** The outputs in order; the caller frees them. The value is freed here, or with its output. */
  static List<Output> take(IValue value) {
    if (value.isTensor()) {
      return List.of(checked(new Output("output0", value.toTensor(), value)));
    }
    OutputReader reader = new OutputReader();
    try (value) {
      reader.readTop(value);
      return reader.outputs;
    } catch (RuntimeException e) {
      reader.outputs.forEach(Output::free);
      throw e;
    }
  }

  /** The outermost dict gives its keys as names; anything else is counted. */
  private void readTop(IValue value) {
    if (value.isGenericDict()) {
      readDict("", value);
    } else if (value.isTuple() || value.isList()) {
      readSequence("output", value);
    } else {
      readAny("output0", value);
    }
  }

  private void readAny(String name, IValue value) {
    if (value.isTensor()) {
      add(name, owned(value));
    } else if (value.isTuple() || value.isList()) {
      readSequence(name + ".", value);
    } else if (value.isGenericDict()) {
      readDict(name + ".", value);
    } else if (value.isInt() || value.isDouble() || value.isBool()) {
      try (Scalar scalar = value.toScalar()) {
        add(name, torch.scalar_to_tensor(scalar));
      }
    } else if (!value.isNone()) {
      throw new InferenceException(
          ErrorCode.UNSUPPORTED_VALUE,
          "output '"
              + name
              + "' is of type "
              + value.tagKind().getString()
              + " (expected: tensors, numbers, or tuples, lists and dicts of them)");
    }
  }

  private void readSequence(String prefix, IValue value) {
    if (value.isTuple()) {
      try (Tuple tuple = value.toTuple();
          TupleElements elements = tuple.elements()) {
        for (long i = 0; i < tuple.size(); i++) {
          readAny(prefix + i, elements.get(i));
        }
      }
      return;
    }
    try (GenericList list = value.toList()) {
      for (long i = 0; i < list.size(); i++) {
        try (IValue element = list.get(i)) {
          readAny(prefix + i, element);
        }
      }
    }
  }

  private void readDict(String prefix, IValue value) {
    try (GenericDict dict = value.toGenericDict();
        GenericDictIterator at = dict.begin()) {
      for (long i = 0; i < dict.size(); i++) {
        try (GenericDictEntryRef entry = at.access();
            IValue key = entry.key();
            IValue element = entry.value()) {
          readAny(prefix + key(key), element);
        }
        at.increment();
      }
    }
  }

  /** A handle of our own: {@code toTensor} gives a reference into the value, which is freed. */
  private static Tensor owned(IValue value) {
    return new Tensor(value.toTensor());
  }

  private static String key(IValue key) {
    if (key.isString()) {
      return key.toStringRef().getString();
    }
    if (key.isInt()) {
      return Long.toString(key.toInt());
    }
    throw new InferenceException(
        ErrorCode.UNSUPPORTED_VALUE,
        "an output dict has keys of type " + key.tagKind().getString() + " (expected: str or int)");
  }

  private void add(String name, Tensor tensor) {
    outputs.add(checked(Output.owning(name, tensor)));
  }

  private static Output checked(Output output) {
    if (!output.tensor().defined()) {
      output.free();
      throw new InferenceException(
          ErrorCode.UNSUPPORTED_VALUE, "output '" + output.name() + "' is an undefined tensor");
    }
    return output;
  }
}
