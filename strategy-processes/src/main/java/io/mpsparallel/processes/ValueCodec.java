package io.mpsparallel.processes;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Values of the api in bodies, but for settings and failures, which {@link SettingsCodec} and
 * {@link Failures} write. A warm-up is not written: its cases are run like requests. Pure
 * functions.
 *
 * <p>What is read may come from a broken worker: everything that cannot be is a {@code
 * NATIVE_FAILURE}.
 */
final class ValueCodec {
  private static final int UNDECLARED = -1;

  private ValueCodec() {}

  static void put(BodyWriter out, Device value) {
    out.putText(value.type());
    out.putInt(value.index());
  }

  static Device device(BodyReader in) {
    return checked(() -> new Device(in.getText(), in.getInt()));
  }

  static void put(BodyWriter out, Capabilities value) {
    out.putInt(value.concurrentForwards());
    out.putInt(value.streamCapacity());
    out.putInt(value.depth());
    put(out, value.asynchronous());
    put(out, value.callerThreads());
    put(out, value.weightsShareable());
    out.putText(value.graphKey().name());
    putAll(out, List.copyOf(value.dtypes()), (to, dtype) -> to.putText(dtype.name()));
    out.putLong(value.memoryBytes());
  }

  static Capabilities capabilities(BodyReader in) {
    return checked(
        () ->
            new Capabilities(
                in.getInt(),
                in.getInt(),
                in.getInt(),
                flag(in),
                flag(in),
                flag(in),
                Capabilities.GraphKey.valueOf(in.getText()),
                dtypes(in),
                in.getLong()));
  }

  private static Set<DType> dtypes(BodyReader in) {
    Set<DType> dtypes = EnumSet.noneOf(DType.class);
    dtypes.addAll(all(in, from -> DType.valueOf(from.getText())));
    return dtypes;
  }

  static void put(BodyWriter out, ModelSource value) {
    out.putText(value.path().toString());
    put(out, value.declared());
  }

  static ModelSource source(BodyReader in) {
    return checked(() -> ModelSource.of(Path.of(in.getText())).declaring(signature(in)));
  }

  static void put(BodyWriter out, Signature value) {
    putAll(out, value.inputs(), ValueCodec::put);
    putAll(out, value.outputs(), BodyWriter::putText);
    put(out, value.independentRows());
  }

  static Signature signature(BodyReader in) {
    return checked(
        () -> {
          Signature read = new Signature(all(in, ValueCodec::input), all(in, BodyReader::getText));
          return flag(in) ? read.withIndependentRows() : read;
        });
  }

  private static void put(BodyWriter out, InputSpec value) {
    out.putText(value.name());
    put(out, value.isRequired());
    out.putText(value.dtype().map(DType::name).orElse(""));
    long[] dims = value.dims().orElse(null);
    out.putInt(dims == null ? UNDECLARED : dims.length);
    for (int i = 0; dims != null && i < dims.length; i++) {
      out.putLong(dims[i]);
    }
    put(out, value.range().isPresent());
    value
        .range()
        .ifPresent(
            range -> {
              out.putLong(range.min());
              out.putLong(range.max());
            });
  }

  private static InputSpec input(BodyReader in) {
    InputSpec named = InputSpec.named(in.getText());
    InputSpec spec = flag(in) ? named : named.optional();
    String dtype = in.getText();
    if (!dtype.isEmpty()) {
      spec = spec.withDType(DType.valueOf(dtype));
    }
    int rank = in.getInt();
    if (rank != UNDECLARED) {
      spec =
          spec.withDims(repeat(rank, in, BodyReader::getLong).stream().mapToLong(d -> d).toArray());
    }
    return flag(in) ? spec.withRange(new InputSpec.IndexRange(in.getLong(), in.getLong())) : spec;
  }

  static void put(BodyWriter out, BackendReport value) {
    putAll(
        out,
        List.copyOf(value.facts().entrySet()),
        (to, fact) -> {
          to.putText(fact.getKey());
          to.putText(fact.getValue());
        });
    putAll(out, value.libraries(), BodyWriter::putText);
    putAll(
        out,
        value.problems(),
        (to, problem) -> {
          to.putText(problem.what());
          to.putText(problem.remedy());
          put(to, problem.severe());
        });
  }

  static BackendReport report(BodyReader in) {
    return checked(
        () -> {
          Map<String, String> facts = new LinkedHashMap<>();
          all(in, from -> Map.entry(from.getText(), from.getText()))
              .forEach(fact -> facts.put(fact.getKey(), fact.getValue()));
          return new BackendReport(
              facts,
              all(in, BodyReader::getText),
              all(
                  in,
                  from -> new BackendReport.Problem(from.getText(), from.getText(), flag(from))));
        });
  }

  // ---- parts ----

  static void put(BodyWriter out, boolean value) {
    out.putInt(value ? 1 : 0);
  }

  static boolean flag(BodyReader in) {
    return in.getInt() != 0;
  }

  static <T> void putAll(BodyWriter out, List<T> values, BiConsumer<BodyWriter, T> put) {
    out.putInt(values.size());
    values.forEach(value -> put.accept(out, value));
  }

  static <T> List<T> all(BodyReader in, Function<BodyReader, T> read) {
    return repeat(in.getInt(), in, read);
  }

  /** Ends early where the count is wrong: each value takes bytes, and a body has so many. */
  private static <T> List<T> repeat(int count, BodyReader in, Function<BodyReader, T> read) {
    if (count < 0) {
      throw new IllegalArgumentException("count: " + count);
    }
    List<T> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(read.apply(in));
    }
    return values;
  }

  /** What cannot be is the writer's fault, whatever it is called by the value that was refused. */
  static <T> T checked(Supplier<T> read) {
    try {
      return read.get();
    } catch (RuntimeException e) {
      if (e instanceof InferenceException known && known.code() == ErrorCode.NATIVE_FAILURE) {
        throw e;
      }
      throw new InferenceException(
          ErrorCode.NATIVE_FAILURE, "a value that cannot be: " + e.getMessage(), e);
    }
  }
}
