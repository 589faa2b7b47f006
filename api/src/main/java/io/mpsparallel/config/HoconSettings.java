package io.mpsparallel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.AdaptiveSettings;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.BatchSizes;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.QueueSettings;
import io.mpsparallel.settings.QueueSettings.WhenFull;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import io.mpsparallel.settings.ThreadSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Makes {@link ExecutorSettings} from HOCON. The keys are under {@value #ROOT}; {@code
 * reference.conf} lists them with meaning, unit, range and default. Pure functions.
 */
public final class HoconSettings {
  /** The key that all settings are under. */
  public static final String ROOT = "mps-parallel";

  private static final String AUTO = "auto";
  static final String NONE = "none";

  private HoconSettings() {}

  /** {@return the settings of {@code application.conf}, system properties and the defaults} */
  public static ExecutorSettings load() {
    return parse(ConfigFactory.load());
  }

  /**
   * Reads settings. Keys that are missing have their default; no file is looked at.
   *
   * @param config a configuration, resolved, with the settings under {@value #ROOT}
   * @return the settings
   * @throws InferenceException {@code CONFIG_INVALID} with every unknown key and every bad value,
   *     and the file and line of each
   */
  public static ExecutorSettings parse(Config config) {
    HoconReader reader = new HoconReader(settings(config), ROOT);
    ExecutorSettings parsed = executor(reader);
    while (reader.refusedMore()) {
      parsed = executor(reader); // a record refuses one value at a time
    }
    reader.finish();
    return parsed;
  }

  private static Config settings(Config config) {
    try {
      return config.hasPath(ROOT) ? config.getConfig(ROOT) : ConfigFactory.empty();
    } catch (ConfigException e) {
      throw new InferenceException(ErrorCode.CONFIG_INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  private static ExecutorSettings executor(HoconReader in) {
    ExecutorSettings d = ExecutorSettings.DEFAULTS;
    String strategy = in.read("strategy", d.strategy(), Config::getString);
    String backend = in.read("backend", d.backend(), Config::getString);
    String device = in.read("device", d.device(), Config::getString);
    Duration deadline =
        in.read("deadline", d.deadline(), (c, k) -> unless(c, k, NONE, d.deadline()));
    QueueSettings queue = queue(in);
    LaneSettings lanes = lanes(in);
    BatchingSettings batching = batching(in);
    ProcessSettings processes = processes(in);
    AdaptiveSettings adaptive = PolicyKeys.adaptive(in);
    ResilienceSettings resilience = PolicyKeys.resilience(in);
    int window = in.read("map.window", d.mapWindow(), HoconSettings::integer);
    BackendSettings engine = engine(in);
    return in.make(
        d,
        () ->
            new ExecutorSettings(
                strategy,
                backend,
                device,
                queue,
                lanes,
                batching,
                processes,
                adaptive,
                resilience,
                deadline,
                window,
                engine));
  }

  private static QueueSettings queue(HoconReader in) {
    QueueSettings d = QueueSettings.DEFAULTS;
    int capacity = in.read("queue.capacity", d.capacity(), HoconSettings::integer);
    Duration patience = in.read("queue.wait", d.patience(), Config::getDuration);
    WhenFull whenFull =
        in.read("queue.when-full", d.whenFull(), (c, k) -> constant(c, k, WhenFull.class));
    return in.make(d, () -> new QueueSettings(capacity, patience, whenFull));
  }

  private static LaneSettings lanes(HoconReader in) {
    LaneSettings d = LaneSettings.DEFAULTS;
    int count = in.read("lanes.count", d.count(), HoconSettings::autoInt);
    int depth = in.read("lanes.depth", d.depth(), HoconSettings::autoInt);
    Duration spin = in.read("lanes.spin", d.spin(), Config::getDuration);
    return in.make(d, () -> new LaneSettings(count, depth, spin));
  }

  private static BatchingSettings batching(HoconReader in) {
    BatchingSettings d = BatchingSettings.DEFAULTS;
    String over = in.read("batching.over", d.over(), Config::getString);
    int rows = in.read("batching.max-rows", d.maxRows(), HoconSettings::integer);
    long bytes = in.read("batching.max-bytes", d.maxBytes(), Config::getBytes);
    Duration delay = in.read("batching.max-delay", d.maxDelay(), Config::getDuration);
    BatchSizes sizes = in.read("batching.sizes", d.sizes(), HoconSettings::batchSizes);
    boolean assume =
        in.read("batching.assume-independent-rows", d.assumeIndependentRows(), Config::getBoolean);
    return in.make(d, () -> new BatchingSettings(over, rows, bytes, delay, sizes, assume));
  }

  private static BatchSizes batchSizes(Config config, String key) {
    if (isWord(config, key, AUTO)) {
      return BatchSizes.AUTO;
    }
    List<Integer> rows;
    try {
      rows = config.getIntList(key);
    } catch (ConfigException.WrongType e) {
      throw new IllegalArgumentException("expected: auto, or a list of rising numbers of rows", e);
    }
    return BatchSizes.of(rows.toArray(Integer[]::new));
  }

  private static ProcessSettings processes(HoconReader in) {
    ProcessSettings d = ProcessSettings.DEFAULTS;
    int workers = in.read("processes.workers", d.workers(), HoconSettings::autoInt);
    long slab = in.read("processes.slab", d.slabBytes(), Config::getBytes);
    Duration spin = in.read("processes.spin", d.spin(), Config::getDuration);
    boolean share = in.read("processes.share-weights", d.shareWeights(), Config::getBoolean);
    ProcessSettings.Launch launch = launch(in, d.launch());
    ProcessSettings.Limits limits = limits(in, d.limits());
    ProcessSettings.Restart restart = restart(in, d.restart());
    return in.make(
        d, () -> new ProcessSettings(workers, slab, spin, share, launch, limits, restart));
  }

  private static ProcessSettings.Launch launch(HoconReader in, ProcessSettings.Launch d) {
    long heap = in.read("processes.launch.heap", d.heapBytes(), Config::getBytes);
    Duration limit = in.read("processes.launch.limit", d.limit(), Config::getDuration);
    boolean cds = in.read("processes.launch.cds", d.cds(), Config::getBoolean);
    String cache = in.read("processes.launch.cache", d.cache(), Config::getString);
    return in.make(d, () -> new ProcessSettings.Launch(heap, limit, cds, cache));
  }

  private static ProcessSettings.Limits limits(HoconReader in, ProcessSettings.Limits d) {
    Duration request = in.read("processes.limits.request", d.request(), Config::getDuration);
    Duration silence = in.read("processes.limits.silence", d.silence(), Config::getDuration);
    long memory =
        in.read(
            "processes.limits.memory",
            d.memoryBytes(),
            (c, k) -> isWord(c, k, NONE) ? ProcessSettings.NO_LIMIT : c.getBytes(k));
    long requests =
        in.read(
            "processes.limits.requests",
            d.requests(),
            (c, k) -> isWord(c, k, NONE) ? ProcessSettings.NO_LIMIT : c.getLong(k));
    return in.make(d, () -> new ProcessSettings.Limits(request, silence, memory, requests));
  }

  private static ProcessSettings.Restart restart(HoconReader in, ProcessSettings.Restart d) {
    Duration first = in.read("processes.restart.backoff", d.backoff(), Config::getDuration);
    Duration most = in.read("processes.restart.most", d.most(), Config::getDuration);
    int retries = in.read("processes.restart.retries", d.retries(), HoconSettings::integer);
    return in.make(d, () -> new ProcessSettings.Restart(first, most, retries));
  }

  private static BackendSettings engine(HoconReader in) {
    BackendSettings d = BackendSettings.DEFAULTS;
    ThreadSettings threads = threads(in);
    StreamSettings streams = streams(in);
    PathSettings path = path(in);
    long pool = in.read("memory.pool-bytes", d.poolBytes(), Config::getBytes);
    Duration event = in.read("timeouts.event", d.eventTimeout(), Config::getDuration);
    Duration close = in.read("timeouts.close", d.closeTimeout(), Config::getDuration);
    boolean tf32 = in.read("cuda.tf32", d.tf32(), Config::getBoolean);
    return in.make(d, () -> new BackendSettings(threads, streams, path, pool, event, close, tf32));
  }

  private static ThreadSettings threads(HoconReader in) {
    ThreadSettings d = ThreadSettings.DEFAULTS;
    int intraOp = in.read("threads.intra-op", d.intraOp(), HoconSettings::autoInt);
    int blas = in.read("threads.blas", d.blas(), HoconSettings::autoInt);
    return in.make(d, () -> new ThreadSettings(intraOp, blas));
  }

  private static StreamSettings streams(HoconReader in) {
    StreamSettings d = StreamSettings.DEFAULTS;
    int capacity = in.read("streams.capacity", d.capacity(), HoconSettings::autoInt);
    Duration wait = in.read("streams.when-exhausted", d.patience(), HoconSettings::exhaustion);
    CommitMode commit =
        in.read("streams.commit", d.commit(), (c, k) -> constant(c, k, CommitMode.class));
    int gate = in.read("streams.gate-width", d.gateWidth(), HoconSettings::autoInt);
    return in.make(d, () -> new StreamSettings(capacity, wait, commit, gate));
  }

  private static PathSettings path(HoconReader in) {
    PathSettings d = PathSettings.DEFAULTS;
    PathMode mode = in.read("path.mode", d.mode(), (c, k) -> constant(c, k, PathMode.class));
    long threshold =
        in.read(
            "path.threshold-bytes",
            d.thresholdBytes(),
            (c, k) -> isWord(c, k, AUTO) ? PathSettings.DEVICE_DEFAULT : c.getBytes(k));
    int entries = in.read("path.cache-entries", d.cacheEntries(), HoconSettings::integer);
    return in.make(d, () -> new PathSettings(mode, threshold, entries));
  }

  private static int autoInt(Config config, String key) {
    if (isWord(config, key, AUTO)) {
      return 0;
    }
    int value = integer(config, key);
    if (value < 1) {
      throw new IllegalArgumentException("expected: auto, or at least 1");
    }
    return value;
  }

  /** {@code getInt} cuts fractions off. */
  static int integer(Config config, String key) {
    int value = config.getInt(key);
    if (value != config.getDouble(key)) {
      throw new IllegalArgumentException("expected: a whole number");
    }
    return value;
  }

  private static Duration exhaustion(Config config, String key) {
    if (isWord(config, key, "fail")) {
      return Duration.ZERO;
    }
    return unless(config, key, "wait", StreamSettings.FOREVER);
  }

  private static Duration unless(Config config, String key, String word, Duration meaning) {
    return isWord(config, key, word) ? meaning : config.getDuration(key);
  }

  static boolean isWord(Config config, String key, String word) {
    return word.equals(config.getValue(key).unwrapped());
  }

  /** {@code CALLER_RUNS} is spelt {@code caller-runs}. */
  private static <E extends Enum<E>> E constant(Config config, String key, Class<E> type) {
    String text = config.getString(key);
    for (E value : type.getEnumConstants()) {
      if (spelt(value.name()).equals(text)) {
        return value;
      }
    }
    throw new IllegalArgumentException(
        "expected one of: " + spelt(Arrays.toString(type.getEnumConstants())));
  }

  private static String spelt(String names) {
    return names.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
