package io.mpsparallel.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Finds the setting at which a peer does most: each one with 1 thread, as many as there are CPUs,
 * and twice as many, in rounds before those that count, so that the best is no lucky draw of the
 * run itself. A peer has no queue: requests beyond its threads wait in front of it, so however many
 * are outstanding, a closed loop of threads is the most that it does. One thread.
 */
final class PeerTuning {
  private static final int ROUNDS = 3;
  private static final Duration TIME = Duration.ofMillis(400);
  private static final double TOLERANCE = 1e-5;

  private final ScenarioRun run;
  private final float[] row;
  private final float[] right;
  private final List<Integer> threads;
  private final Table answers = new Table("process", "what it is", "largest difference", "right");
  private final Table choices = new Table("peer", "setting", "threads", "requests/s", "chosen");

  /** One setting and one number of threads. */
  private record Choice(PeerChild child, String setting, int threads) {
    String cell() {
      return setting + ", threads " + threads;
    }

    Cell measure() {
      return new Cell(cell(), time -> child.run(threads, time));
    }
  }

  /**
   * Prepares.
   *
   * @param run the run, which closes the processes
   * @param row an input
   * @param right its answer
   * @param cpus how many CPUs there are
   */
  PeerTuning(ScenarioRun run, float[] row, float[] right, int cpus) {
    this.run = run;
    this.row = row.clone();
    this.right = right.clone();
    threads = List.of(1, cpus, 2 * cpus).stream().distinct().toList();
  }

  /** {@return a peer at the best of some settings; the processes of the others are ended} */
  Contender best(String name, List<PeerSetting> settings) {
    run.progress("settings of " + name + " ...");
    List<Choice> all = new ArrayList<>();
    for (PeerSetting setting : settings) {
      PeerChild child = run.open(setting.start());
      check(name + ", " + setting.label(), child);
      threads.forEach(count -> all.add(new Choice(child, setting.label(), count)));
    }
    List<Cell> cells = all.stream().map(Choice::measure).toList();
    Rounds rounds = run.rounds(cells, ROUNDS, TIME);
    Choice best =
        all.stream().max(Comparator.comparing(each -> median(rounds, each))).orElseThrow();
    all.forEach(each -> addChoice(name, each, rounds, each.equals(best)));
    all.stream()
        .map(Choice::child)
        .filter(child -> child != best.child())
        .forEach(PeerChild::close);
    return new Contender(name, best.child(), best.setting(), best.threads());
  }

  private static double median(Rounds rounds, Choice choice) {
    return rounds.rate(choice.cell()).median();
  }

  private void check(String process, PeerChild child) {
    double difference = Answers.difference(child.answer(row), right);
    answers.row(
        process,
        child.facts(),
        String.format(Locale.ROOT, "%.1e", difference),
        run.report().mustHold(difference <= TOLERANCE));
  }

  private void addChoice(String name, Choice choice, Rounds rounds, boolean best) {
    String rate = Spread.number(median(rounds, choice));
    choices.row(name, choice.setting(), choice.threads(), rate, best ? "yes" : "");
  }

  /** Prints what was tried, and whether answers agree. */
  void report() {
    run.report().section("Answers of the peers beside ours, at most 1e-5 apart", answers);
    run.report().section("Settings of the peers", choices);
  }
}
