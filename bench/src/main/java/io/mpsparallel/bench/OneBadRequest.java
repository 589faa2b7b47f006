package io.mpsparallel.bench;

import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * A batch in which one request makes the model fail, at each place in turn: who is told, and how
 * many forwards it costs. One lane, and the requests are made on its own thread, so that they are
 * one batch. One thread.
 */
final class OneBadRequest {
  private static final int BATCH = 64;
  private static final int MORE = 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(BATCH - 1)) + 1;

  /** Doubles what it gets, but for what is no number. */
  private static final String SOURCE =
      """
      def forward(self, x: Tensor) -> Tensor:
        assert bool(torch.all(torch.eq(x, x))), 'no number'
        return x + x
      """;

  private final Rig rig;
  private final List<Tensor> good;
  private final Tensor bad;
  private int right;
  private int failed;
  private int mostForwards;
  private long leastBatch = Long.MAX_VALUE;

  private OneBadRequest(ScenarioRun run) {
    String[] settings = {"strategy=batching", "threads.intra-op=1", "lanes.count=1"};
    rig = run.rig(run.script("picky.pt", SOURCE), settings);
    good =
        IntStream.range(0, BATCH)
            .mapToObj(i -> run.open(() -> Tensor.of(new float[] {i}, 1, 1)))
            .toList();
    bad = run.open(() -> Tensor.of(new float[] {Float.NaN}, 1, 1));
  }

  /** Measures and prints. */
  static void report(ScenarioRun run) {
    OneBadRequest all = new OneBadRequest(run);
    for (int place = 0; place < BATCH; place++) {
      all.measure(place);
    }
    int answers = BATCH * (BATCH - 1);
    boolean told = all.right == answers && all.failed == BATCH;
    Target target = Target.atMost(MORE);
    run.report()
        .section(
            "One bad request in " + BATCH + ", at each place in turn",
            new Table("figure", "value", "expected", "met")
                .row("requests of the smallest batch", all.leastBatch, BATCH, "-")
                .row("right answers", all.right, answers, run.report().mustHold(told))
                .row("failures, each of the bad request", all.failed, BATCH, "-")
                .row(
                    "most forwards more",
                    all.mostForwards,
                    target,
                    target.verdict(all.mostForwards)));
  }

  private void measure(int place) {
    StrategyStats before = rig.executor().stats();
    List<CompletableFuture<InferenceResult>> answers =
        rig.model().submit(good.get(0).share()).thenApply(first -> submitAll(first, place)).join();
    for (int i = 0; i < BATCH; i++) {
      look(i, place, answers.get(i));
    }
    StrategyStats after = rig.executor().stats();
    long divided = batches(after).bisections() - batches(before).bisections();
    long good = after.served() - before.served() - 1; // without the first
    mostForwards =
        Math.max(mostForwards, (int) (divided + good)); // of the bad one alone, and the batch
    leastBatch = Math.min(leastBatch, batches(after).requests() - batches(before).requests() - 1);
  }

  private List<CompletableFuture<InferenceResult>> submitAll(InferenceResult first, int place) {
    first.close();
    List<CompletableFuture<InferenceResult>> answers = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      answers.add(rig.model().submit((i == place ? bad : good.get(i)).share()));
    }
    return answers;
  }

  private void look(int number, int place, CompletableFuture<InferenceResult> answer) {
    try (InferenceResult result = answer.join()) {
      right += result.tensor().toFloatArray()[0] == 2 * number ? 1 : 0;
    } catch (RuntimeException e) {
      failed += number == place ? 1 : 0;
    }
  }

  private static BatchStats batches(StrategyStats stats) {
    BatchStats batches = stats.batching();
    if (batches == null) {
      throw new IllegalStateException("no batches");
    }
    return batches;
  }
}
