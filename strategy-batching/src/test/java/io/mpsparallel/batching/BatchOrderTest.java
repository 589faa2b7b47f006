package io.mpsparallel.batching;

import static java.util.Comparator.comparing;
import static org.assertj.core.api.Assertions.assertThat;

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

/** Arbitrary requests through a source: each leaves once, in order, and with its like. */
class BatchOrderTest {
  private static final int MOST_ROWS = 8;
  private static final InferenceException ANY = new InferenceException(ErrorCode.LANE_LOST, "any");
  private static final ModelVersion VERSION = new ModelVersion(Map.of(), () -> {});

  /** What a request is like; width 0 is a scalar. */
  private record Request(int rows, int width, Priority priority, boolean cancelled) {
    WorkItem item() {
      Tensor x =
          width == 0 ? Tensor.of(new float[1]) : Tensor.of(new float[rows * width], rows, width);
      WorkItem item =
          new WorkItem(VERSION, NamedTensors.of(x), true, priority, WorkItem.NO_DEADLINE);
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
            Arbitraries.integers().between(0, 2),
            Arbitraries.of(Priority.class),
            Arbitraries.frequencyOf(
                Tuple.of(5, Arbitraries.just(false)), Tuple.of(1, Arbitraries.just(true))))
        .as(Request::new)
        .list()
        .ofMaxSize(40);
  }

  private static BatchSource source() {
    return new BatchSource(
        1_000,
        () -> 0L,
        BatchingSettings.DEFAULTS.withMost(MOST_ROWS, 1 << 20),
        3,
        any -> Traits.of(Signature.UNKNOWN, true),
        () -> {});
  }

  @Property(tries = 300)
  void requests_ofAllKinds_leaveOnceInOrderAndWithTheirLike(
      @ForAll("requests") List<Request> requests) {
    BatchSource source = source();
    List<WorkItem> live = new ArrayList<>();
    for (Request request : requests) {
      WorkItem item = request.item();
      source.offer(item);
      if (!item.isDone()) {
        live.add(item);
      }
    }
    List<List<WorkItem>> batches = drained(source);
    assertThat(batches).allSatisfy(BatchOrderTest::assertAlike);
    List<WorkItem> gone = batches.stream().flatMap(List::stream).toList();
    assertThat(gone).containsExactlyInAnyOrderElementsOf(live);
    assertInOrder(gone, live);
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

  private static void assertAlike(List<WorkItem> batch) {
    assertThat(batch).isNotEmpty().extracting(BatchKey::of).containsOnly(BatchKey.of(batch.get(0)));
    assertThat(batch).isSortedAccordingTo(comparing(WorkItem::priority));
    int rows = batch.stream().mapToInt(item -> Math.max(1, BatchKey.rowsOf(item.inputs()))).sum();
    boolean stacked = BatchKey.of(batch.get(0)).hasRows();
    assertThat(batch.size() == 1 || (stacked ? rows <= MOST_ROWS : batch.size() <= 3)).isTrue();
  }

  /** Within a key and a priority, what came first leaves first. */
  private static void assertInOrder(List<WorkItem> gone, List<WorkItem> arrived) {
    Function<WorkItem, List<Object>> kind = item -> List.of(BatchKey.of(item), item.priority());
    for (WorkItem any : arrived) {
      assertThat(gone.stream().filter(item -> kind.apply(item).equals(kind.apply(any))))
          .containsExactlyElementsOf(
              arrived.stream().filter(item -> kind.apply(item).equals(kind.apply(any))).toList());
    }
  }
}
