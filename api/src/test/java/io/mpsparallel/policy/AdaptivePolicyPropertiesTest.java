package io.mpsparallel.policy;

import static io.mpsparallel.policy.Loop.ALL;
import static io.mpsparallel.policy.Loop.SMALL;
import static io.mpsparallel.policy.Loop.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.UniqueElements;

class AdaptivePolicyPropertiesTest {
  private static final int LEARNT = 20;
  private static final int LONG = 2000;

  /** Callers who never pause, and how fast each choice is, with noise. */
  private static final class Curve implements Loop.Source {
    private final Random random;
    private final double callers;
    private final Map<Choice, Double> perSecond;

    Curve(long seed, double callers, Map<Choice, Double> perSecond) {
      random = new Random(seed);
      this.callers = callers;
      this.perSecond = perSecond;
    }

    @Override
    public List<LoadSample> window(Choice told) {
      return List.of(Loop.closed(SMALL, told, callers, perSecond.get(told) * Loop.noise(random)));
    }
  }

  /** One of two choices is faster by a factor. */
  private static Map<Choice, Double> rates(double slower, double factor, boolean batching) {
    return Map.of(
        Choice.THREADS, batching ? slower : slower * factor,
        Choice.BATCHING, batching ? slower * factor : slower);
  }

  private static Choice best(boolean batching) {
    return batching ? Choice.BATCHING : Choice.THREADS;
  }

  private static Loop loop(double callers) {
    return new Loop(Loop.policy(TWO), SMALL, callers);
  }

  /** A sample that is off by a factor; which parts of it, says a number of bits. */
  private static LoadSample poisoned(LoadSample sample, double factor, int parts) {
    return new LoadSample(
        sample.kind(),
        sample.choice(),
        (parts & 1) == 0 ? sample.inFlight() : sample.inFlight() * factor,
        (parts & 2) == 0 ? sample.requests() : (long) (sample.requests() * factor),
        (parts & 2) == 0 ? sample.rows() : (long) (sample.rows() * factor),
        (parts & 4) == 0 ? sample.windowNanos() : 1 + (long) (sample.windowNanos() * factor),
        (parts & 8) == 0 ? sample.meanNanos() : (long) (sample.meanNanos() * factor));
  }

  // ---- where it ends ----

  @Property(tries = 200)
  void observe_oneIsFaster_endsThereWithinTwentyWindowsAndStays(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 2, max = 1000) double callers,
      @ForAll @DoubleRange(min = 4, max = 2000) double slowerPerCaller,
      @ForAll @DoubleRange(min = 1.25, max = 20) double factor,
      @ForAll boolean batching) {
    // A request takes no longer than a window, and a window has 20 requests.
    double slower = Math.max(100, callers * slowerPerCaller);
    Loop loop = loop(callers);
    loop.run(LEARNT + LONG, new Curve(seed, callers, rates(slower, factor, batching)));
    assertThat(loop.told().get(LEARNT)).isEqualTo(best(batching));
    assertThat(loop.share(best(batching), LEARNT)).isGreaterThan(0.95);
    assertThat(loop.switches()).isLessThan(25);
  }

  @Property(tries = 100)
  void observe_allEquallyFast_switchesRarely(
      @ForAll long seed, @ForAll @DoubleRange(min = 2, max = 1000) double callers) {
    Map<Choice, Double> same = new HashMap<>();
    ALL.forEach(choice -> same.put(choice, 1000.0));
    Loop loop = new Loop(Loop.policy(ALL), SMALL, callers);
    loop.run(LEARNT + LONG, new Curve(seed, callers, same));
    assertThat(loop.switches()).isLessThan(50);
  }

  // ---- windows that are far off ----

  @Property(tries = 200)
  void observe_oneWindowFarOff_mattersForTenWindowsAtMost(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 2, max = 1000) double callers,
      @ForAll @DoubleRange(min = 1.25, max = 20) double factor,
      @ForAll boolean batching,
      @ForAll @IntRange(max = 500) int when,
      @ForAll @IntRange(min = 1, max = 15) int parts,
      @ForAll @IntRange(max = 2) int how) {
    double poison = List.of(1000.0, 0.001, 0.0).get(how);
    Curve curve = new Curve(seed, callers, rates(5000, factor, batching));
    Loop loop = loop(callers);
    loop.run(when, curve)
        .run(1, told -> List.of(poisoned(curve.window(told).get(0), poison, parts)))
        .run(600 - when, curve);
    assertThat(loop.longestWithout(best(batching), LEARNT + 10)).isLessThanOrEqualTo(10);
    assertThat(loop.present()).isEqualTo(best(batching));
  }

  // ---- load that hovers ----

  @Property(tries = 100)
  void observe_loadHoversAtABorder_isServedByOneChoice(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 8) int border) {
    Random random = new Random(seed);
    Loop loop = loop(1 << border);
    // What is best for fewer callers is bad for more, and the other way round.
    Loop.Source source =
        told -> {
          double callers = (1 << border) * (0.8 + 0.4 * random.nextDouble());
          boolean many = callers >= 1 << border;
          boolean right = told.equals(many ? Choice.BATCHING : Choice.THREADS);
          return List.of(Loop.closed(SMALL, told, callers, right ? 2000 : 1000));
        };
    loop.run(400, source);
    assertThat(loop.reasons()).filteredOn(Reason.LOAD_CHANGED::equals).hasSizeLessThan(3);
  }

  @Property(tries = 100)
  void observe_loadChanges_isFollowedByOneSwitchEach(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 12, max = 1000) double many,
      @ForAll @IntRange(min = 5, max = 30) int windows) {
    Map<Choice, Double> rates = rates(5000, 3, true);
    Loop loop = loop(many).run(LEARNT, new Curve(seed, many, rates));
    int start = loop.told().size();
    long before = loop.switches();
    for (int i = 0; i < 5; i++) {
      loop.run(windows, new Curve(seed, 1, rates)).run(windows, new Curve(seed, many, rates));
    }
    long trials = loop.reasons().stream().filter(Reason.TRIAL::equals).count();
    assertThat(loop.switches() - before).isLessThanOrEqualTo(10 + 2 * trials);
    assertThat(loop.longestWithout(Choice.BATCHING, start)).isLessThanOrEqualTo(windows + 2);
  }

  // ---- whatever comes ----

  private static LoadSample anything(Random random, List<Choice> choices) {
    return new LoadSample(
        new WorkKind("model" + random.nextInt(5), random.nextInt(3)),
        choices.get(random.nextInt(choices.size())),
        Math.exp(random.nextDouble() * 10) - 1,
        random.nextInt(100),
        random.nextInt(1000),
        1 + random.nextInt(1_000_000_000),
        random.nextInt(1_000_000_000));
  }

  private static List<LoadSample> window(Random random, List<Choice> choices) {
    List<LoadSample> window = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      LoadSample sample = anything(random, choices);
      window.add(sample);
    }
    return window;
  }

  @Property(tries = 200)
  void observe_anything_neverLeavesWhatIsAllowed(
      @ForAll long seed,
      @ForAll @Size(min = 1, max = 4) @UniqueElements List<@IntRange(max = 3) Integer> chosen,
      @ForAll boolean oneForward) {
    List<Choice> allowed = chosen.stream().map(ALL::get).toList();
    AdaptivePolicy policy = new AdaptivePolicy(new PolicyFacts(allowed, oneForward, Profile.NONE));
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      for (Decision decision : policy.observe(window(random, ALL))) {
        assertThat(decision.choice()).isIn(allowed);
      }
      WorkKind kind = new WorkKind("model" + random.nextInt(5), random.nextInt(3));
      assertThat(policy.choose(kind, random.nextInt(2000))).isIn(allowed);
    }
  }

  @Property(tries = 100)
  void observe_sameWindows_sameDecisions(@ForAll @LongRange long seed, @ForAll boolean oneForward) {
    List<List<Decision>> runs = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      AdaptivePolicy policy = new AdaptivePolicy(new PolicyFacts(ALL, oneForward, Profile.NONE));
      Random random = new Random(seed);
      List<Decision> decisions = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        decisions.addAll(policy.observe(window(random, ALL)));
        policy.choose(SMALL, random.nextInt(2000));
      }
      runs.add(decisions);
    }
    assertThat(runs.get(0)).isNotEmpty().isEqualTo(runs.get(1));
  }
}
