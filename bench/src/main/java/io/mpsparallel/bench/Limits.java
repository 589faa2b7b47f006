package io.mpsparallel.bench;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What the machine can do at most, and how far from that the network is: multiply and add, read
 * memory, and wake a thread. All of it in the same rounds.
 */
final class Limits implements Scenario {
  private static final int SIDE = 1024;
  private static final double SQUARE_FLOP = 2.0 * SIDE * SIDE * SIDE; // a product and a sum each
  private static final int FLOATS = 16 << 20; // 64 MiB, more than the caches hold
  private static final double FLOAT_BYTES = 4;

  /** The weights of 512-1024-1024-512; each row multiplies and adds once for each of them. */
  private static final double WEIGHTS = 512.0 * 1024 + 1024.0 * 1024 + 1024.0 * 512;

  private static final int ROWS = 64;

  private static final String SQUARE = "product of two matrices, 1024 x 1024, 1 lane";
  private static final String SQUARES = "the same, 2 lanes";
  private static final String READ = "sum of 64 MiB, 1 lane";
  private static final String ONE = "MLP, 1 row, 1 lane";
  private static final String MANY = "MLP, 64 rows, 1 lane";
  private static final String MANY_TWICE = "MLP, 64 rows, 2 lanes";
  private static final String WAKE = "a thread wakes another, which wakes it";

  @Override
  public String name() {
    return "limits";
  }

  @Override
  public String purpose() {
    return "what the machine can do at most, and how far from that a network is";
  }

  @Override
  public int rounds() {
    return 5;
  }

  @Override
  public double seconds() {
    return 0.5;
  }

  @Override
  public void run(ScenarioRun run) {
    Path product = run.script("product.pt", "def forward(self, x):\n    return torch.mm(x, x)\n");
    Path sum = run.script("sum.pt", "def forward(self, x):\n    return x.sum()\n");
    Tensor square = run.open(() -> filled(SIDE, SIDE));
    Tensor large = run.open(() -> filled(FLOATS));
    Tensor one = run.input(1, 1);
    Tensor many = run.input(ROWS, 1);
    PingPong pair = run.open(PingPong::new);
    Rounds rounds =
        run.rounds(
            List.of(
                alone(run, SQUARE, product, square, 1),
                alone(run, SQUARES, product, square, 2),
                alone(run, READ, sum, large, 1),
                alone(run, ONE, run.mlp(), one, 1),
                alone(run, MANY, run.mlp(), many, 1),
                alone(run, MANY_TWICE, run.mlp(), many, 2),
                new Cell(WAKE, pair::measure)));
    run.report().section("What was measured", table(rounds));
    run.report().section("Of the limit", shares(rounds));
  }

  private static Tensor filled(int... shape) {
    float[] values = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
    Arrays.fill(values, 0.001f);
    return Tensor.of(values, Arrays.stream(shape).asLongStream().toArray());
  }

  private static Cell alone(ScenarioRun run, String name, Path file, Tensor input, int lanes) {
    LoadedModel model =
        run.rig(file, "strategy=threads", "lanes.count=" + lanes, "threads.intra-op=1").model();
    return Cell.blocked(name, Job.of(model, input), lanes);
  }

  private static Table table(Rounds rounds) {
    Table table = new Table("what", "median", "min...max", "unit");
    row(table, rounds, SQUARE, SQUARE_FLOP / 1e9, "GFLOP/s");
    row(table, rounds, SQUARES, SQUARE_FLOP / 1e9, "GFLOP/s");
    row(table, rounds, MANY, 2 * WEIGHTS * ROWS / 1e9, "GFLOP/s");
    row(table, rounds, MANY_TWICE, 2 * WEIGHTS * ROWS / 1e9, "GFLOP/s");
    row(table, rounds, READ, FLOAT_BYTES * FLOATS / 1e9, "GB/s");
    row(table, rounds, ONE, FLOAT_BYTES * WEIGHTS / 1e9, "GB/s of weights");
    Spread wake = rounds.micros(WAKE, 50);
    table.row(WAKE, Spread.number(wake.median()), wake.range(), "us, p50");
    return table;
  }

  private static void row(Table table, Rounds rounds, String cell, double each, String unit) {
    Spread spread = rounds.spread(round -> round.rate(cell) * each);
    table.row(cell, Spread.number(spread.median()), spread.range(), unit);
  }

  private static Table shares(Rounds rounds) {
    Table table = new Table("what", "of what", "median", "min...max");
    double flop = 2 * WEIGHTS * ROWS / SQUARE_FLOP;
    share(table, rounds, MANY, SQUARE, flop);
    share(table, rounds, MANY_TWICE, SQUARES, flop);
    share(table, rounds, ONE, READ, WEIGHTS / FLOATS);
    share(table, rounds, SQUARES, SQUARE, 1);
    return table;
  }

  private static void share(Table table, Rounds rounds, String cell, String limit, double each) {
    Spread share = rounds.spread(round -> each * round.rate(cell) / round.rate(limit));
    table.row(cell, limit, Spread.number(share.median()), share.range());
  }
}
