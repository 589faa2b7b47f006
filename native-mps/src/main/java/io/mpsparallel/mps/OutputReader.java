package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.List;
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
 * them, nested. None is left out. What {@link #read} gives belongs to the caller. One thread.
 */
final class OutputReader {
  private static final List<String> SINGLE = List.of("output0");

  private final List<String> names = new ArrayList<>();
  private final List<Tensor> tensors = new ArrayList<>();

  private OutputReader() {}

  /** Flat outputs; the caller frees the tensors. */
  record Outputs(List<String> names, List<Tensor> tensors) {
    void free() {
      tensors.forEach(Tensor::deallocate);
    }
  }

  static Outputs read(IValue value) {
    if (value.isTensor()) {
      return single(owned(value));
    }
    OutputReader reader = new OutputReader();
    try {
      reader.readTop(value);
      return new Outputs(reader.names, reader.tensors);
    } catch (RuntimeException e) {
      reader.tensors.forEach(Tensor::deallocate);
      throw e;
    }
  }

  private static Outputs single(Tensor tensor) {
    checkDefined(SINGLE.get(0), tensor);
    return new Outputs(SINGLE, List.of(tensor));
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
    checkDefined(name, tensor);
    names.add(name);
    tensors.add(tensor);
  }

  private static void checkDefined(String name, Tensor tensor) {
    if (!tensor.defined()) {
      tensor.deallocate();
      throw new InferenceException(
          ErrorCode.UNSUPPORTED_VALUE, "output '" + name + "' is an undefined tensor");
    }
  }
}
