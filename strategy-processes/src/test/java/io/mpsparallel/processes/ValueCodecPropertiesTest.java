package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is written is read again; what cannot be is a failure with a code, and ends. */
class ValueCodecPropertiesTest {
  private static final List<Function<BodyReader, Object>> READERS =
      List.of(
          ValueCodec::device,
          ValueCodec::capabilities,
          ValueCodec::signature,
          ValueCodec::source,
          ValueCodec::report,
          SettingsCodec::settings,
          SettingsCodec::threads);

  private static <T> T through(
      T value, BiConsumer<BodyWriter, T> put, Function<BodyReader, T> get) {
    ByteBuffer room = ByteBuffer.allocateDirect(1 << 16).order(ByteOrder.nativeOrder());
    BodyWriter out = new BodyWriter(room.duplicate().order(ByteOrder.nativeOrder()));
    put.accept(out, value);
    return get.apply(new BodyReader(room.slice(0, out.length()).order(ByteOrder.nativeOrder())));
  }

  @Property
  void signature_throughABody_isTheSame(@ForAll("signatures") Signature signature) {
    assertThat(through(signature, ValueCodec::put, ValueCodec::signature)).isEqualTo(signature);
  }

  @Property(tries = 50)
  void source_throughABody_isTheSame(@ForAll("signatures") Signature signature) {
    ModelSource source = ModelSource.of(Path.of("/a b/ü.pt")).declaring(signature);
    assertThat(through(source, ValueCodec::put, ValueCodec::source)).isEqualTo(source);
  }

  @Property
  void settings_throughABody_areTheSame(@ForAll("settings") BackendSettings settings) {
    assertThat(through(settings, SettingsCodec::put, SettingsCodec::settings)).isEqualTo(settings);
  }

  @Property
  void facts_throughABody_areTheSame(
      @ForAll int forwards,
      @ForAll boolean asynchronous,
      @ForAll boolean callers,
      @ForAll Capabilities.GraphKey key,
      @ForAll Set<DType> dtypes,
      @ForAll long bytes) {
    Capabilities facts =
        new Capabilities(forwards, 31, 2, asynchronous, callers, !callers, key, dtypes, bytes);
    assertThat(through(facts, ValueCodec::put, ValueCodec::capabilities)).isEqualTo(facts);
  }

  @Property(tries = 50)
  void report_throughABody_isTheSame(
      @ForAll Map<String, String> facts, @ForAll List<String> libraries, @ForAll boolean severe) {
    BackendReport.Problem problem = new BackendReport.Problem("what", "remedy", severe);
    BackendReport report = new BackendReport(facts, libraries, List.of(problem));
    assertThat(through(report, ValueCodec::put, ValueCodec::report)).isEqualTo(report);
  }

  @Example
  void device_throughABody_isTheSame() {
    assertThat(through(Device.cuda(3), ValueCodec::put, ValueCodec::device))
        .isEqualTo(Device.cuda(3));
  }

  @Property(tries = 2000)
  void garbage_inABody_isANativeFailureOrAValue(@ForAll byte[] garbage, @ForAll byte small) {
    ByteBuffer body = ByteBuffer.allocateDirect(garbage.length).order(ByteOrder.nativeOrder());
    body.put(garbage).flip();
    if (garbage.length >= 4) {
      body.putInt(0, small); // a count or a length that may be right
    }
    for (Function<BodyReader, Object> reader : READERS) {
      try {
        Object unused = reader.apply(new BodyReader(body.slice().order(ByteOrder.nativeOrder())));
      } catch (InferenceException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.NATIVE_FAILURE);
      }
    }
  }

  @Example
  void deviceOfANegativeIndex_isANativeFailure() {
    assertThatThrownBy(
            () ->
                through(
                    Device.CPU,
                    (out, device) -> {
                      out.putText("cpu");
                      out.putInt(-1);
                    },
                    ValueCodec::device))
        .hasMessageStartingWith("NATIVE_FAILURE: a value that cannot be: CONFIG_INVALID");
  }

  @Provide
  Arbitrary<Signature> signatures() {
    Arbitrary<InputSpec> input =
        Combinators.combine(
                Arbitraries.strings().alpha().ofMinLength(1),
                Arbitraries.of(true, false),
                Arbitraries.of(DType.class).injectNull(0.3),
                Arbitraries.longs().between(-1, 9).array(long[].class).injectNull(0.3),
                Arbitraries.longs().injectNull(0.5))
            .as(ValueCodecPropertiesTest::input);
    return Combinators.combine(
            input.list().ofMaxSize(4),
            Arbitraries.strings().list().ofMaxSize(3),
            Arbitraries.of(true, false))
        .as(
            (inputs, outputs, independent) -> {
              Signature plain = new Signature(inputs, outputs);
              return independent ? plain.withIndependentRows() : plain;
            });
  }

  private static InputSpec input(
      String name, boolean required, DType dtype, long[] dims, Long least) {
    InputSpec spec = InputSpec.named(name);
    spec = required ? spec : spec.optional();
    spec = dtype == null ? spec : spec.withDType(dtype);
    spec = dims == null ? spec : spec.withDims(dims);
    return least == null ? spec : spec.withRange(new InputSpec.IndexRange(least, Long.MAX_VALUE));
  }

  @Provide
  Arbitrary<BackendSettings> settings() {
    Arbitrary<Duration> waits =
        Arbitraries.longs().between(1, Long.MAX_VALUE).map(Duration::ofNanos);
    Arbitrary<StreamSettings> streams =
        Combinators.combine(
                Arbitraries.integers().between(1, 1024),
                Arbitraries.of(Duration.ZERO, StreamSettings.FOREVER),
                Arbitraries.of(CommitMode.class),
                Arbitraries.integers().between(0, 1024))
            .as(StreamSettings::new);
    Arbitrary<PathSettings> paths =
        Combinators.combine(
                Arbitraries.of(PathMode.class),
                Arbitraries.longs().between(-1, Long.MAX_VALUE),
                Arbitraries.integers().between(1, 1 << 20))
            .as(PathSettings::new);
    return Combinators.combine(
            Arbitraries.integers().between(0, 1024).map(n -> new ThreadSettings(n, 1024 - n)),
            streams,
            paths,
            Arbitraries.longs().between(0, Long.MAX_VALUE),
            waits,
            waits,
            Arbitraries.of(true, false))
        .as(BackendSettings::new);
  }
}
