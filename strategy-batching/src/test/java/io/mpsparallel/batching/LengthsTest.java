package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Sequences into a slot and out of it, without a device; over arbitrary shapes. */
class LengthsTest {
  private static final ModelVersion VERSION = new ModelVersion(Map.of(), () -> {});
  private static final int PAD = 7;

  /** A slot whose memory was used before. */
  private static final class UsedSlot implements Slot {
    NamedTensors staged = NamedTensors.of();

    @Override
    public NamedTensors stage(List<String> names, List<TensorSpec> specs) {
      List<Tensor> tensors = new ArrayList<>();
      for (TensorSpec spec : specs) {
        byte[] garbage = new byte[(int) spec.byteLength()];
        Arrays.fill(garbage, (byte) 0x55);
        tensors.add(Tensor.of(spec.dtype(), garbage, spec.shape()));
      }
      staged = NamedTensors.of(names, tensors);
      return staged;
    }

    @Override
    public void bind(NamedTensors inputs) {
      throw new AssertionError("nothing is bound here");
    }

    @Override
    public NamedTensors takeOutputs() {
      return staged;
    }

    @Override
    public void close() {}
  }

  /** Requests of one key, and what they are like. */
  private record Case(
      DType dtype, List<Integer> before, int after, List<Integer> rows, List<Integer> lengths) {
    int dim() {
      return 1 + before.size();
    }

    Padding padding() {
      return Padding.to(8).input("x", dim(), PAD).output("x", dim()).output("whole");
    }

    long[] shape(int request) {
      long[] shape = new long[dim() + 2];
      shape[0] = rows.get(request);
      for (int i = 0; i < before.size(); i++) {
        shape[1 + i] = before.get(i);
      }
      shape[dim()] = lengths.get(request);
      shape[dim() + 1] = after;
      return shape;
    }

    int longest() {
      return lengths.stream().mapToInt(Integer::intValue).max().orElseThrow();
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<Integer> few = Arbitraries.integers().between(1, 3);
    return Arbitraries.integers()
        .between(1, 5)
        .flatMap(
            requests ->
                Combinators.combine(
                        Arbitraries.of(DType.INT64, DType.FLOAT32, DType.INT16, DType.UINT8),
                        few.list().ofMaxSize(2),
                        few,
                        few.list().ofSize(requests),
                        Arbitraries.integers().between(1, 8).list().ofSize(requests))
                    .as(Case::new));
  }

  private static Lengths lengths(Case given, boolean prepared) {
    Signature signature = new Signature(List.of(InputSpec.named("x")), List.of("x", "whole"));
    return Objects.requireNonNull(Lengths.of(given.padding(), signature, prepared));
  }

  private static List<Waiting> requests(Case given, Lengths lengths) {
    Random random = new Random(given.hashCode());
    List<Waiting> requests = new ArrayList<>();
    for (int i = 0; i < given.rows().size(); i++) {
      byte[] bytes = new byte[(int) TensorSpec.of(given.dtype(), given.shape(i)).byteLength()];
      random.nextBytes(bytes);
      NamedTensors inputs =
          NamedTensors.of(List.of("x"), List.of(Tensor.of(given.dtype(), bytes, given.shape(i))));
      WorkItem item = new WorkItem(VERSION, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
      int length = lengths.of(inputs);
      requests.add(Waiting.of(item, 0, i).filledUp(length, lengths));
    }
    return requests;
  }

  /** What goes in comes out, whatever lies beside and behind it. */
  @Property(tries = 400)
  void sequences_filledUpAndCut_areTheSame(@ForAll("cases") Case given, @ForAll boolean prepared) {
    Lengths lengths = lengths(given, prepared);
    List<Waiting> requests = requests(given, lengths);
    int own = requests.stream().mapToInt(Waiting::rows).sum();
    int length = lengths.common(requests, 8);
    assertThat(length).isEqualTo(prepared ? 8 : given.longest());
    UsedSlot slot = new UsedSlot();
    lengths.stage(slot, requests, own + 2, length);
    try (NamedTensors outputs = slot.staged) {
      assertThat(lengths.follow(outputs, length)).isTrue();
      int row = 0;
      for (Waiting request : requests) {
        int to = row + request.rows();
        try (NamedTensors section = lengths.section(outputs, row, to, request.length())) {
          Tensor in = request.item().inputs().get(0);
          assertThat(section.get(0).spec()).isEqualTo(in.spec());
          assertThat(section.get(0).toByteArray()).isEqualTo(in.toByteArray());
        }
        row = to;
      }
    }
    requests.forEach(request -> request.item().finish());
  }

  /** Behind each sequence lies the value, and nothing else. */
  @Property(tries = 400)
  void sequences_filledUp_haveTheValueBehindThem(@ForAll("cases") Case given) {
    Lengths lengths = lengths(given, true);
    List<Waiting> requests = requests(given, lengths);
    int own = requests.stream().mapToInt(Waiting::rows).sum();
    UsedSlot slot = new UsedSlot();
    lengths.stage(slot, requests, own + 1, 8);
    try (NamedTensors outputs = slot.staged) {
      int row = 0;
      for (Waiting request : requests) {
        for (int i = 0; i < request.rows(); i++, row++) {
          assertBehind(outputs.get(0), row, given, request.length());
        }
      }
      assertThat(rowBytes(outputs.get(0), own))
          .as("the row that was added")
          .isEqualTo(rowBytes(outputs.get(0), own - 1));
    }
    requests.forEach(request -> request.item().finish());
  }

  private static byte[] rowBytes(Tensor tensor, int row) {
    try (Tensor slice = tensor.slice(row, row + 1)) {
      return slice.toByteArray();
    }
  }

  private static void assertBehind(Tensor tensor, int row, Case given, int length) {
    int sequence = 8 * given.after() * given.dtype().bytes();
    byte[] bytes = rowBytes(tensor, row);
    byte[] expected = new byte[(8 - length) * given.after() * given.dtype().bytes()];
    ByteBuffer into = ByteBuffer.wrap(expected).order(java.nio.ByteOrder.nativeOrder());
    while (into.hasRemaining()) {
      given.dtype().put(into, PAD);
    }
    for (int end = sequence; end <= bytes.length; end += sequence) {
      assertThat(Arrays.copyOfRange(bytes, end - expected.length, end)).isEqualTo(expected);
    }
  }

  /** Two requests are of one key just if their lengths fit the same bucket, or are the same. */
  @Property
  void keys_ofTwoLengths_areEqualInOneBucket(
      @ForAll("oneToTwelve") int one, @ForAll("oneToTwelve") int other) {
    Padding padding = Padding.to(4, 8).input("x", 1, 0).output("y", 1);
    Lengths lengths = Objects.requireNonNull(Lengths.of(padding, Signature.UNKNOWN, false));
    WorkItem first = item(one);
    WorkItem second = item(other);
    long bucket = padding.bucket(one);
    boolean alike = bucket == 0 ? one == other : bucket == padding.bucket(other);
    assertThat(key(first, lengths).equals(key(second, lengths))).isEqualTo(alike);
    first.finish();
    second.finish();
  }

  @Provide
  Arbitrary<Integer> oneToTwelve() {
    return Arbitraries.integers().between(1, 12);
  }

  private static WorkItem item(int length) {
    NamedTensors inputs =
        NamedTensors.of(List.of("x"), List.of(Tensor.of(new float[length], 1, length)));
    return new WorkItem(VERSION, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
  }

  private static BatchKey key(WorkItem item, Lengths lengths) {
    int length = lengths.of(item.inputs());
    return length == 0 ? BatchKey.of(item) : BatchKey.of(item, lengths, lengths.bucket(length));
  }

  // ---- examples ----

  @Test
  void keys_filledUpAndAsItIs_areNeverEqual() {
    Padding padding = Padding.to(4).input("x", 1, 0).output("y", 1);
    Lengths lengths = Objects.requireNonNull(Lengths.of(padding, Signature.UNKNOWN, false));
    WorkItem item = item(4);
    assertThat(key(item, lengths)).isNotEqualTo(BatchKey.of(item)).isEqualTo(key(item, lengths));
    item.finish();
  }

  @Test
  void section_ofOneRow_isAView_ofSeveralACopy() {
    Case given = new Case(DType.FLOAT32, List.of(), 1, List.of(1, 2), List.of(3, 2));
    Lengths lengths = lengths(given, true);
    try (Tensor whole = Tensor.of(new float[3 * 8], 3, 8, 1);
        NamedTensors outputs = NamedTensors.of(List.of("x"), List.of(whole.share()));
        NamedTensors one = lengths.section(outputs, 0, 1, 3);
        NamedTensors two = lengths.section(outputs, 1, 3, 2)) {
      assertThat(one.get(0).overlays(whole)).isTrue();
      try (Tensor second = whole.slice(1, 3)) {
        assertThat(two.get(0).overlays(second)).isFalse();
      }
    }
  }

  @Test
  void follow_outputsThatAreNotAsDeclared_isSeen() {
    Case given = new Case(DType.FLOAT32, List.of(), 1, List.of(1), List.of(3));
    Lengths lengths = lengths(given, true);
    try (Tensor right = Tensor.of(new float[8], 1, 8);
        Tensor shorter = Tensor.of(new float[7], 1, 7);
        Tensor flat = Tensor.of(new float[8], 8)) {
      assertThat(lengths.follow(outputs("x", right), 8)).isTrue();
      assertThat(lengths.follow(outputs("x", shorter), 8)).isFalse();
      assertThat(lengths.follow(outputs("x", flat), 8)).isFalse();
      assertThat(lengths.follow(outputs("whole", shorter), 8)).isTrue();
      assertThat(lengths.follow(outputs("unheard-of", right), 8)).isFalse();
      assertThat(lengths.follow(NamedTensors.of(right, shorter), 8)).as("by position").isTrue();
      assertThat(lengths.follow(NamedTensors.of(right, shorter, flat), 8)).isFalse();
    }
  }

  private static NamedTensors outputs(String name, Tensor tensor) {
    return NamedTensors.of(List.of(name), List.of(tensor));
  }
}
