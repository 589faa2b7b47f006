package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.batching.BatchFormer.Moment;
import io.mpsparallel.strategy.BatchStats.Reason;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** What leaves together, and when; over arbitrary queues. */
class BatchFormerTest {
  private static final int MOST_ROWS = 8;
  private static final long MOST_BYTES = 100;
  private static final int MOST_APART = 4;
  private static final long DELAY = 1_000;
  private static final BatchFormer FORMER =
      new BatchFormer(MOST_ROWS, MOST_BYTES, MOST_APART, true, DELAY);
  private static final BatchFormer HASTY =
      new BatchFormer(MOST_ROWS, MOST_BYTES, MOST_APART, true, 0);
  private static final Arrivals EVERY_10 = Arrivals.NONE.with(-10).with(0);

  /** A forward costs 900 and 10 for each row. */
  private static final CostModel COSTLY = cost(900, 10);

  private record Request(int rows, long bytes, long arrivalNanos, long deadlineNanos)
      implements Candidate {}

  private record Queue(List<Request> inOrder, boolean isStacked, CostModel cost, Arrivals arrivals)
      implements BatchFormer.View {}

  private static CostModel cost(long fixed, long perRow) {
    CostModel model = CostModel.NONE;
    for (int rows = 1; rows <= 8; rows++) {
      model = model.with(rows, fixed + perRow * rows);
    }
    return model;
  }

  private static Request row(long arrival) {
    return new Request(1, 1, arrival, WorkItem.NO_DEADLINE);
  }

  private static Queue queue(Request... requests) {
    return new Queue(List.of(requests), true, COSTLY, EVERY_10);
  }

  private static Moment at(long now) {
    return new Moment(now, 1, 0, true);
  }

  private static void assertLeaves(Decision<Queue> decision, int requests, Reason reason) {
    assertThat(decision.group()).isNotNull();
    assertThat(decision.requests()).isEqualTo(requests);
    assertThat(decision.reason()).isEqualTo(reason);
  }

  private static void assertRests(Decision<Queue> decision, long until) {
    assertThat(decision).isEqualTo(Decision.rest(until));
  }

  // ---- examples ----

  @Test
  void request_laneIsFree_leavesAtOnce() {
    assertLeaves(HASTY.decide(List.of(queue(row(0))), at(0)), 1, Reason.LANE_FREE);
  }

  private static final CostModel BY_THE_ROW = cost(10, 100);

  private static Queue fourRequests(CostModel cost) {
    return new Queue(List.of(row(0), row(0), row(0), row(0)), true, cost, EVERY_10);
  }

  @Test
  void requests_severalLanesIdleAndRowsCostMost_eachGetsItsPart() {
    Moment twoIdle = new Moment(0, 2, 0, true);
    Moment threeIdle = new Moment(0, 3, 0, true);
    Queue queue = fourRequests(BY_THE_ROW);
    assertLeaves(HASTY.decide(List.of(queue), twoIdle), 2, Reason.LANE_FREE);
    assertLeaves(HASTY.decide(List.of(queue), threeIdle), 2, Reason.LANE_FREE);
    assertLeaves(HASTY.decide(List.of(queue), at(0)), 4, Reason.LANE_FREE);
  }

  @Test
  void requests_ofDifferentRows_partHasItsShareOfTheRows() {
    Request large = new Request(3, 1, 0, WorkItem.NO_DEADLINE);
    Queue queue = new Queue(List.of(large, row(0), row(0), row(0)), true, BY_THE_ROW, EVERY_10);
    assertLeaves(HASTY.decide(List.of(queue), new Moment(0, 2, 0, true)), 1, Reason.LANE_FREE);
  }

  @Test
  void requests_aForwardCostsMoreThanRowsOrNobodyKnows_leaveTogether() {
    Moment twoIdle = new Moment(0, 2, 0, true);
    assertLeaves(HASTY.decide(List.of(fourRequests(COSTLY)), twoIdle), 4, Reason.LANE_FREE);
    assertLeaves(HASTY.decide(List.of(fourRequests(CostModel.NONE)), twoIdle), 4, Reason.LANE_FREE);
  }

  @Test
  void requests_lanesShareTheDevice_leaveTogether() {
    BatchFormer shared = new BatchFormer(MOST_ROWS, MOST_BYTES, MOST_APART, false, 0);
    Moment twoIdle = new Moment(0, 2, 0, true);
    assertLeaves(shared.decide(List.of(fourRequests(BY_THE_ROW)), twoIdle), 4, Reason.LANE_FREE);
  }

  @Test
  void requests_asManyRowsAsAllowed_areFull() {
    Request four = new Request(4, 1, 0, WorkItem.NO_DEADLINE);
    assertLeaves(FORMER.decide(List.of(queue(four, four, row(0))), at(0)), 2, Reason.FULL);
  }

  @Test
  void request_largerThanAllowed_leavesAlone() {
    Request large = new Request(9, 1, 0, WorkItem.NO_DEADLINE);
    assertLeaves(FORMER.decide(List.of(queue(large, row(0))), at(0)), 1, Reason.FULL);
    Request heavy = new Request(1, 101, 0, WorkItem.NO_DEADLINE);
    assertLeaves(FORMER.decide(List.of(queue(heavy, row(0))), at(0)), 1, Reason.FULL);
  }

  @Test
  void requests_thatCannotBeStacked_leaveAsManyAsRunApart() {
    List<Request> rows = IntStream.range(0, 6).mapToObj(i -> row(0)).toList();
    Queue apart = new Queue(rows, false, COSTLY, EVERY_10);
    assertLeaves(FORMER.decide(List.of(apart), at(0)), MOST_APART, Reason.FULL);
  }

  @Test
  void requests_besideALargerBatch_waitForItsEnd() {
    Moment busy = new Moment(0, 0, 3, true);
    assertRests(HASTY.decide(List.of(queue(row(0), row(0))), busy), Decision.UNTIL_CHANGE);
    assertLeaves(HASTY.decide(List.of(queue(row(0), row(0), row(0))), busy), 3, Reason.LANE_FREE);
  }

  @Test
  void request_moreAreExpectedSoon_waitsUntilTheyFailToCome() {
    // (900 - 10) / 2 after the last arrival, which was at 0
    assertRests(FORMER.decide(List.of(queue(row(0))), at(0)), 445);
    assertLeaves(FORMER.decide(List.of(queue(row(0))), at(445)), 1, Reason.LANE_FREE);
  }

  @Test
  void request_waitedForAsLongAsAllowed_leaves() {
    assertRests(FORMER.decide(List.of(queue(row(-900))), at(0)), 100);
    assertLeaves(FORMER.decide(List.of(queue(row(-900))), at(100)), 1, Reason.DELAY);
  }

  @Test
  void request_withADeadline_leavesWhileThereIsTimeToRun() {
    Request urgent = new Request(1, 1, 0, 1_000);
    assertRests(FORMER.decide(List.of(queue(urgent)), at(0)), 90);
    assertLeaves(FORMER.decide(List.of(queue(urgent)), at(90)), 1, Reason.DEADLINE);
  }

  @Test
  void request_othersArriveTooSlowly_doesNotWait() {
    Queue slow = new Queue(List.of(row(0)), true, COSTLY, Arrivals.NONE.with(-446).with(0));
    assertLeaves(FORMER.decide(List.of(slow), at(0)), 1, Reason.LANE_FREE);
  }

  @Test
  void request_costIsUnknownOrInTheRows_doesNotWait() {
    for (CostModel cost : List.of(CostModel.NONE, cost(5, 100))) {
      Queue queue = new Queue(List.of(row(0)), true, cost, EVERY_10);
      assertLeaves(FORMER.decide(List.of(queue), at(0)), 1, Reason.LANE_FREE);
    }
  }

  @Test
  void request_strategyEnds_doesNotWait() {
    Moment last = new Moment(0, 1, 0, false);
    assertLeaves(FORMER.decide(List.of(queue(row(0))), last), 1, Reason.LANE_FREE);
  }

  @Test
  void groups_firstWaits_secondIsFull_secondLeaves() {
    Queue waits = queue(row(0));
    Queue full = queue(new Request(8, 1, 0, WorkItem.NO_DEADLINE));
    Decision<Queue> decision = FORMER.decide(List.of(waits, full), at(0));
    assertLeaves(decision, 1, Reason.FULL);
    assertThat(decision.group()).isSameAs(full);
  }

  // ---- properties ----

  @Provide
  Arbitrary<List<Queue>> queues() {
    Arbitrary<Request> request =
        Combinators.combine(
                Arbitraries.integers().between(1, 10),
                Arbitraries.longs().between(1, 120),
                Arbitraries.longs().between(-3_000, 0),
                Arbitraries.longs().between(0, 5_000).injectDuplicates(0.1))
            .as(BatchFormerTest::request);
    Arbitrary<CostModel> cost =
        Combinators.combine(
                Arbitraries.longs().between(0, 3_000), Arbitraries.longs().between(0, 500))
            .as(BatchFormerTest::cost);
    Arbitrary<Arrivals> arrivals =
        Arbitraries.longs().between(0, 2_000).map(gap -> Arrivals.NONE.with(-gap).with(0));
    return Combinators.combine(
            request.list().ofMinSize(1).ofMaxSize(20), Arbitraries.of(true, false), cost, arrivals)
        .as(Queue::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }

  private static Request request(int rows, long bytes, long arrival, long deadline) {
    return new Request(rows, bytes, arrival, deadline > 4_000 ? WorkItem.NO_DEADLINE : deadline);
  }

  private static int rows(List<Request> requests) {
    return requests.stream().mapToInt(Request::rows).sum();
  }

  private static long bytes(List<Request> requests) {
    return requests.stream().mapToLong(Request::bytes).sum();
  }

  private static boolean fits(Queue queue, int requests) {
    List<Request> first = queue.inOrder().subList(0, requests);
    return requests <= 1
        || (queue.isStacked()
            ? rows(first) <= MOST_ROWS && bytes(first) <= MOST_BYTES
            : requests <= MOST_APART);
  }

  @Property
  void batch_whateverWaits_isNeverTooLargeAndNeverEmpty(
      @ForAll("queues") List<Queue> queues, @ForAll @LongRange(max = 4_000) long now) {
    Decision<Queue> decision = FORMER.decide(queues, at(now));
    Queue group = decision.group();
    if (group != null) {
      assertThat(decision.requests()).isBetween(1, group.inOrder().size());
      assertThat(fits(group, decision.requests())).isTrue();
    }
  }

  @Property
  void batch_thatLeaves_takesAllThatFits(
      @ForAll("queues") List<Queue> queues, @ForAll @LongRange(max = 4_000) long now) {
    Decision<Queue> decision = FORMER.decide(queues, at(now));
    Queue group = decision.group();
    if (group != null && decision.requests() < group.inOrder().size()) {
      assertThat(decision.reason()).isEqualTo(Reason.FULL);
      assertThat(fits(group, decision.requests() + 1)).isFalse();
    }
  }

  @Property
  void waiting_isNeverBeyondDelayOrDeadline_andAlwaysAhead(
      @ForAll("queues") List<Queue> queues, @ForAll @LongRange(max = 4_000) long now) {
    Decision<Queue> decision = FORMER.decide(queues, at(now));
    if (decision.group() == null) {
      assertThat(decision.untilNanos()).isGreaterThan(now);
      for (Queue queue : queues) {
        List<Request> first = firstThatFit(queue);
        assertThat(first).allMatch(r -> decision.untilNanos() <= r.arrivalNanos() + DELAY);
        assertThat(first).allMatch(r -> decision.untilNanos() <= r.deadlineNanos());
      }
    }
  }

  private static List<Request> firstThatFit(Queue queue) {
    int requests = 1;
    while (requests < queue.inOrder().size() && fits(queue, requests + 1)) {
      requests++;
    }
    return queue.inOrder().subList(0, requests);
  }

  @Property
  void waiting_neverWhileABatchCanBeFilled(
      @ForAll("queues") List<Queue> queues, @ForAll @LongRange(max = 4_000) long now) {
    if (FORMER.decide(queues, at(now)).group() == null) {
      assertThat(queues)
          .allMatch(queue -> firstThatFit(queue).size() == queue.inOrder().size())
          .noneMatch(queue -> queue.isStacked() && rows(queue.inOrder()) >= MOST_ROWS);
    }
  }

  @Property
  void waiting_notAllowed_neverHappensWhileALaneIsFree(@ForAll("queues") List<Queue> queues) {
    assertThat(HASTY.decide(queues, at(0)).group()).isSameAs(queues.get(0));
  }

  /** Whatever the moments at which lanes ask, all leave, each once and in order. */
  @Property
  void requests_lanesGoOnAsking_allLeaveInOrder(
      @ForAll("queues") List<Queue> queues, @ForAll @IntRange(min = 1, max = 700) int step) {
    List<Queue> left = new ArrayList<>(queues);
    List<Request> gone = new ArrayList<>();
    List<Request> all = queues.stream().flatMap(queue -> queue.inOrder().stream()).toList();
    long now = 0;
    for (int polls = 0; !left.isEmpty(); polls++) {
      assertThat(polls).as("polls").isLessThan(all.size() + 10_000);
      Decision<Queue> decision = FORMER.decide(left, at(now));
      Queue group = decision.group();
      if (group == null) {
        now = Math.max(now + step, decision.untilNanos());
      } else {
        take(left, group, decision.requests(), gone);
      }
    }
    assertThat(gone).containsExactlyInAnyOrderElementsOf(all);
  }

  private static void take(List<Queue> left, Queue group, int requests, List<Request> gone) {
    gone.addAll(group.inOrder().subList(0, requests));
    List<Request> rest = group.inOrder().subList(requests, group.inOrder().size());
    int place = left.indexOf(group);
    left.remove(place);
    if (!rest.isEmpty()) {
      left.add(place, new Queue(rest, group.isStacked(), group.cost(), group.arrivals()));
    }
  }
}
