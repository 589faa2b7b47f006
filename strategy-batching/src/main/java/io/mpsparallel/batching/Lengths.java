package io.mpsparallel.batching;

import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Padding.Fill;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Sequences of different lengths on their way into one forward and out of it, by the {@link
 * Padding} of their model. Immutable.
 */
final class Lengths {
  private final Padding padding;
  private final Signature signature;
  private final boolean prepared;

  private Lengths(Padding padding, Signature signature, boolean prepared) {
    this.padding = padding;
    this.signature = signature;
    this.prepared = prepared;
  }

  /**
   * What a model declares.
   *
   * @param prepared whether the device prepares for every new shape, so that there must be few
   * @return null if it declares nothing
   */
  static @Nullable Lengths of(Padding padding, Signature signature, boolean prepared) {
    return padding.isNone() ? null : new Lengths(padding, signature, prepared);
  }

  // ---- before a batch is formed ----

  /** {@return the length of a request; 0 if it must run as it is} */
  int of(NamedTensors inputs) {
    long length = BatchKey.rowsOf(inputs) == 0 ? 0 : padding.lengthOf(inputs);
    return length == 0 || padding.bucket(length) == 0 ? 0 : (int) length;
  }

  /** {@return the length that all requests of the same key can be filled up to} */
  int bucket(int length) {
    return (int) padding.bucket(length);
  }

  /** {@return the specs of inputs, were their sequences of another length} */
  TensorSpec[] specs(NamedTensors inputs, long length) {
    TensorSpec[] specs = new TensorSpec[inputs.size()];
    for (int i = 0; i < specs.length; i++) {
      TensorSpec spec = inputs.get(i).spec();
      Fill fill = padding.fill(inputs.names().get(i));
      specs[i] = fill == null ? spec : spec.withDim(fill.dim(), length);
    }
    return specs;
  }

  /**
   * The length of a batch: no longer than its longest sequence; but one of the declared lengths
   * where the device prepares for each.
   */
  int common(List<Waiting> requests, int bucket) {
    return prepared ? bucket : requests.stream().mapToInt(Waiting::length).max().orElseThrow();
  }

  // ---- into a slot ----

  /** Copies rows straight into a slot's own memory; missing ones are copies of the last. */
  void stage(Slot slot, List<Waiting> requests, int rows, int length) {
    NamedTensors first = requests.get(0).item().inputs();
    List<TensorSpec> specs = new ArrayList<>(first.size());
    for (TensorSpec spec : specs(first, length)) {
      specs.add(spec.withRows(rows));
    }
    NamedTensors staged = slot.stage(first.names(), specs);
    for (int input = 0; input < specs.size(); input++) {
      gather(requests, input, length, staged.get(input));
    }
  }

  private void gather(List<Waiting> requests, int input, int length, Tensor staged) {
    ByteBuffer into = staged.memory();
    String name = requests.get(0).item().inputs().names().get(input);
    Fill fill = padding.fill(name);
    byte[] element = fill == null ? null : element(staged.dtype(), fill.value());
    for (Waiting request : requests) {
      Tensor own = request.item().inputs().get(input);
      if (fill == null || element == null || request.length() == length) {
        own.copyTo(into);
      } else {
        extend(own, fill.dim(), length, element, into);
      }
    }
    int row = (int) (staged.spec().byteLength() / staged.spec().dim(0));
    repeat(into, row, into.remaining());
  }

  private static byte[] element(DType dtype, double value) {
    ByteBuffer bytes = ByteBuffer.allocate(dtype.bytes()).order(ByteOrder.nativeOrder());
    dtype.put(bytes, value);
    return bytes.array();
  }

  /** Copies each sequence, with as many elements behind it as it is too short. */
  private static void extend(Tensor own, int dim, int length, byte[] element, ByteBuffer into) {
    try (Tensor held = own.share()) {
      ByteBuffer from = held.memory();
      int part = from.capacity() / (int) sequences(own.spec(), dim);
      int missing = part / (int) own.spec().dim(dim) * length - part;
      for (int at = 0; at < from.capacity(); at += part) {
        into.put(into.position(), from, at, part);
        into.position(into.position() + part);
        into.put(element);
        repeat(into, element.length, missing - element.length);
      }
    }
  }

  /** How many sequences lie one behind the other: the product of the dimensions before. */
  private static long sequences(TensorSpec spec, int dim) {
    return LongStream.range(0, dim).map(axis -> spec.dim((int) axis)).reduce(1, (a, b) -> a * b);
  }

  /** Goes on as the last bytes were, doubling them as long as that is not too much. */
  private static void repeat(ByteBuffer into, int unit, int bytes) {
    int start = into.position() - unit;
    int known = unit;
    int end = into.position() + bytes;
    while (into.position() < end) {
      int more = Math.min(known, end - into.position());
      into.put(into.position(), into, start, more);
      into.position(into.position() + more);
      known += more;
    }
  }

  // ---- out of a forward ----

  /** Whether every output is as the padding says. */
  boolean follow(NamedTensors outputs, int length) {
    for (int i = 0; i < outputs.size(); i++) {
      int dim = cut(outputs, i);
      TensorSpec spec = outputs.get(i).spec();
      if (dim < 0 || (dim > 0 && (dim >= spec.rank() || spec.dim(dim) != length))) {
        return false;
      }
    }
    return true;
  }

  /** The dimension in which an output is cut, 0 if in none, -1 if nothing is known about it. */
  private int cut(NamedTensors outputs, int index) {
    List<String> names = outputs.names().isEmpty() ? signature.outputs() : outputs.names();
    return index < names.size() ? padding.cut(names.get(index)).orElse(-1) : -1;
  }

  /**
   * Rows of every output, cut to a length of their own: views where what is left lies together,
   * which it does for a single row cut in dimension 1, else copies.
   */
  NamedTensors section(NamedTensors outputs, int from, int to, int length) {
    List<Tensor> parts = new ArrayList<>(outputs.size());
    try {
      for (int i = 0; i < outputs.size(); i++) {
        try (Tensor rows = outputs.get(i).slice(from, to)) {
          parts.add(shortened(rows, cut(outputs, i), length));
        }
      }
      return NamedTensors.of(outputs.names(), parts);
    } catch (RuntimeException e) {
      parts.forEach(Tensor::close);
      throw e;
    }
  }

  private static Tensor shortened(Tensor rows, int dim, int length) {
    TensorSpec spec = rows.spec();
    if (dim == 0 || spec.dim(dim) == length) {
      return rows.share();
    }
    TensorSpec changed = spec.withDim(dim, length);
    long sequences = sequences(spec, dim);
    return sequences == 1 ? rows.section(0, changed) : copied(rows, changed, (int) sequences);
  }

  private static Tensor copied(Tensor rows, TensorSpec changed, int sequences) {
    Tensor copy = Tensor.allocate(changed);
    ByteBuffer into = copy.memory();
    ByteBuffer from = rows.memory();
    int whole = from.capacity() / sequences;
    int kept = into.capacity() / sequences;
    for (int i = 0; i < sequences; i++) {
      into.put(i * kept, from, i * whole, kept);
    }
    return copy;
  }

  // ---- before the model is ready ----

  /** Warm-up cases, and each in every length; what is made is filled with a case's first value. */
  List<NamedTensors> of(List<NamedTensors> cases) {
    List<NamedTensors> all = new ArrayList<>(cases);
    for (NamedTensors inputs : cases) {
      long own = padding.lengthOf(inputs);
      LongStream.of(own == 0 ? new long[0] : padding.lengths())
          .filter(length -> length != own)
          .forEach(length -> all.add(of(inputs, length)));
    }
    return all;
  }

  private NamedTensors of(NamedTensors inputs, long length) {
    TensorSpec[] specs = specs(inputs, length);
    List<Tensor> made = new ArrayList<>(specs.length);
    for (int i = 0; i < specs.length; i++) {
      made.add(filled(specs[i], inputs.get(i)));
    }
    return NamedTensors.of(inputs.names(), made);
  }

  private static Tensor filled(TensorSpec spec, Tensor like) {
    Tensor made = Tensor.allocate(spec);
    ByteBuffer into = made.memory();
    try (Tensor first = like.section(0, TensorSpec.of(spec.dtype()))) {
      first.copyTo(into);
    }
    repeat(into, spec.dtype().bytes(), into.remaining());
    return made;
  }
}
