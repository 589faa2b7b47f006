package io.mpsparallel.adaptive;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.LaneScaling;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes lanes away from a choice of this process where more of them answer no more rows. For one
 * kind of work that is alone for some time and keeps all lanes busy, {@link LaneScaling} tries
 * other counts; when another kind comes, all lanes are back. One thread.
 */
final class LaneCounts {
  private static final Logger LOG = LoggerFactory.getLogger(LaneCounts.class);

  /** With fewer lanes there is little to find, and to try half of them costs half of the rows. */
  private static final int FEWEST = 4;

  /** A kind is alone if it has this part of the rows of its choice, and of all choices. */
  private static final double ALONE = 0.95;

  /** For so many windows in a row, ten seconds, before anything is tried. */
  private static final int STEADY_WINDOWS = 40;

  private final int devices;
  private final int most;
  private final int depth;
  private final int intraOp;
  private final Map<Choice, Search> searches = new HashMap<>();

  /** For one kind on one choice. */
  private static final class Search {
    private final WorkKind kind;
    private final LaneScaling scaling;
    private int steady;
    private int usual;
    private boolean changed;

    Search(WorkKind kind, int most) {
      this.kind = kind;
      scaling = new LaneScaling(most, most);
      usual = most;
    }
  }

  /**
   * Nothing was tried.
   *
   * @param devices how many devices there are
   * @param most how many lanes each device has, and the most that it will have
   * @param depth what each keeps in flight
   * @param intraOp the threads of a forward, which stay as they are
   */
  LaneCounts(int devices, int most, int depth, int intraOp) {
    this.devices = devices;
    this.most = most;
    this.depth = depth;
    this.intraOp = intraOp;
  }

  /** Lanes whose count was set stay as they are. */
  static LaneCounts of(StrategyContext context) {
    Capabilities facts = context.backend().capabilities(context.devices().get(0));
    LaneSettings lanes = context.settings().lanes();
    ThreadBudget budget =
        ThreadBudget.of(
            ThreadBudget.grantedCpus(),
            context.devices().size(),
            facts,
            lanes,
            context.settings().backendSettings().threads());
    int most = lanes.count() == LaneSettings.AUTO ? budget.lanes() : 1;
    int depth = lanes.depth() == LaneSettings.AUTO ? facts.depth() : lanes.depth();
    return new LaneCounts(context.devices().size(), most, depth, budget.intraOp());
  }

  /**
   * Looks at a window.
   *
   * @param choice a choice that runs
   * @param strategy what serves it
   * @param window what all choices served
   * @return whether that shows how fast the choice is; not while other counts of lanes are tried
   */
  boolean look(Choice choice, ParallelismStrategy strategy, List<LoadSample> window) {
    if (most < FEWEST || choice.over() != Plan.Over.THREADS) {
      return true;
    }
    LoadSample alone = alone(choice, window);
    Search search = searches.get(choice);
    if (search != null && (alone == null || !alone.kind().equals(search.kind))) {
      searches.remove(choice);
      use(choice, strategy, search, most);
      return !search.changed;
    }
    if (alone == null) {
      return true;
    }
    return search(
        searches.computeIfAbsent(choice, c -> new Search(alone.kind(), most)), alone, strategy);
  }

  /** All lanes are back: nothing is tried while windows do not show how fast a choice is. */
  void restore(Choice choice, ParallelismStrategy strategy) {
    Search search = searches.remove(choice);
    if (search != null) {
      use(choice, strategy, search, most);
    }
  }

  /** The one that has nearly all rows; null if there is none. */
  private static @Nullable LoadSample alone(Choice choice, List<LoadSample> window) {
    long all = window.stream().mapToLong(LoadSample::rows).sum();
    return window.stream()
        .filter(sample -> sample.choice().equals(choice))
        .filter(sample -> sample.rows() > 0 && sample.rows() >= ALONE * all)
        .findFirst()
        .orElse(null);
  }

  private boolean search(Search search, LoadSample sample, ParallelismStrategy strategy) {
    int used = lanesOfEach(strategy);
    boolean saturated = sample.inFlight() >= strategy.stats().lanes() + 1;
    if (search.steady < STEADY_WINDOWS) {
      search.steady = saturated ? search.steady + 1 : 0;
      return true;
    }
    boolean usual = used == search.usual && !search.changed;
    double rowsPerSecond = sample.rows() * 1e9 / sample.windowNanos();
    int next = search.scaling.observe(used, rowsPerSecond, saturated);
    search.changed = false;
    use(sample.choice(), strategy, search, next);
    if (!search.scaling.isSearching()) {
      search.usual = next;
    }
    return usual;
  }

  /** All devices have as many, but for those that have failed. */
  private int lanesOfEach(ParallelismStrategy strategy) {
    int left = devices == 1 ? 1 : Math.max(1, devices - strategy.failedDevices().size());
    return Math.max(1, strategy.stats().lanes() / left);
  }

  private void use(Choice choice, ParallelismStrategy strategy, Search search, int lanes) {
    int before = lanesOfEach(strategy);
    if (before == lanes) {
      return;
    }
    try {
      strategy.apply(plan(lanes));
      search.changed = true;
      LOG.debug("{}: {} -> {} lanes for {}", choice, before, lanes, search.kind);
    } catch (InferenceException e) {
      LOG.debug("{}: {} lanes cannot be had now: {}", choice, lanes, e.getMessage());
    }
  }

  /** Direct, whatever the choice: a plan to put requests together would say how many rows. */
  private Plan plan(int lanes) {
    return new Plan(
        Plan.Route.DIRECT,
        Plan.Over.THREADS,
        lanes,
        depth,
        intraOp,
        1,
        Duration.ZERO,
        "lane count");
  }
}
