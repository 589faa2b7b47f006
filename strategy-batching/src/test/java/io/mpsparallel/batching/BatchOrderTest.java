package io.mpsparallel.batching;

import static java.util.Comparator.comparing;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * Arbitrary requests through a source: each leaves once, in order, and with its like; sequences of
 * different lengths are alike if they can be filled up to the same.
 */
class BatchOrderTest {
  private static final int MOST_ROWS = 8;
  private static final InferenceException ANY = new InferenceException(ErrorCode.LANE_LOST, "any");
  private static final Padding RULES = Padding.to(2, 4).input("x", 1, 0).output("y", 1);
  private static final ModelVersion VERSION = new ModelVersion(Map.of(), () -> {});

  /** What a request is like; width 0 is a scalar. */
  private record Request(int rows, int width, Priority priority, boolean cancelled) {
    WorkItem item() {
      Tensor x =
          width == 0 ? Tensor.of(new float[1]) : Tensor.of(new float[rows * width], rows, width);
      WorkItem item =
          new WorkItem(
              VERSION,
              NamedTensors.of(List.of("x"), List.of(x)),
              true,
              priority,
              WorkItem.NO_DEADLINE);
      if (cancelled) {
        assertThat(item.cancel(false)).isTrue();
      }
      return item;
    }
  }

  @Provide
  Arbitrary<List<Request>> requests() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 10),
            Arbitraries.integers().between(0, 6),
            Arbitraries.of(Priority.class),
            Arbitraries.frequencyOf(
                Tuple.of(5, Arbitraries.just(false)), Tuple.of(1, Arbitraries.just(true))))
        .as(Request::new)
        .list()
        .ofMaxSize(40);
  }

  private static BatchSource source(@Nullable Lengths lengths) {
    return new BatchSource(
        1_000,
        () -> 0L,
        BatchFormer.of(
            BatchingSettings.DEFAULTS.withMost(MOST_ROWS, 1 << 20), new Sizes(List.of()), 3, true),
        new Sizes(List.of()),
        any -> Traits.of(Signature.UNKNOWN, true, lengths),
        () -> {});
  }

  @Property(tries = 300)
  void requests_ofAllKinds_leaveOnceInOrderAndWithTheirLike(
      @ForAll("requests") List<Request> requests, @ForAll boolean filledUp) {
    Lengths lengths = filledUp ? Lengths.of(RULES, Signature.UNKNOWN, false) : null;
    BatchSource source = source(lengths);
    List<WorkItem> live = new ArrayList<>();
    for (Request request : requests) {
      WorkItem item = request.item();
      source.offer(item);
      if (!item.isDone()) {
        live.add(item);
      }
    }
    List<List<WorkItem>> batches = drained(source);
    assertThat(batches).allSatisfy(batch -> assertAlike(batch, lengths));
    List<WorkItem> gone = batches.stream().flatMap(List::stream).toList();
    assertThat(gone).containsExactlyInAnyOrderElementsOf(live);
    assertInOrder(gone, live, lengths);
  }

  private static List<List<WorkItem>> drained(BatchSource source) {
    List<List<WorkItem>> batches = new ArrayList<>();
    for (Batch batch = (Batch) source.poll(); batch != null; batch = (Batch) source.poll()) {
      batches.add(batch.part().requests().stream().map(Waiting::item).toList());
      batch.lose(ANY);
    }
    assertThat(source.size()).isZero();
    assertThat(source.inFlight()).isZero();
    return batches;
  }

  private static BatchKey keyOf(WorkItem item, @Nullable Lengths lengths) {
    int length = lengths == null ? 0 : lengths.of(item.inputs());
    return lengths == null || length == 0
        ? BatchKey.of(item)
        : BatchKey.of(item, lengths, lengths.bucket(length));
  }

  private static void assertAlike(List<WorkItem> batch, @Nullable Lengths lengths) {
    assertThat(batch)
        .isNotEmpty()
        .extracting(item -> keyOf(item, lengths))
        .containsOnly(keyOf(batch.get(0), lengths));
    assertThat(batch).isSortedAccordingTo(comparing(WorkItem::priority));
    int rows = batch.stream().mapToInt(item -> Math.max(1, BatchKey.rowsOf(item.inputs()))).sum();
    boolean stacked = BatchKey.of(batch.get(0)).hasRows();
    assertThat(batch.size() == 1 || (stacked ? rows <= MOST_ROWS : batch.size() <= 3)).isTrue();
  }

  /** Within a key and a priority, what came first leaves first. */
  private static void assertInOrder(
      List<WorkItem> gone, List<WorkItem> arrived, @Nullable Lengths lengths) {
    Function<WorkItem, List<Object>> kind = item -> List.of(keyOf(item, lengths), item.priority());
    for (WorkItem any : arrived) {
      assertThat(gone.stream().filter(item -> kind.apply(item).equals(kind.apply(any))))
          .containsExactlyElementsOf(
              arrived.stream().filter(item -> kind.apply(item).equals(kind.apply(any))).toList());
    }
  }
}
