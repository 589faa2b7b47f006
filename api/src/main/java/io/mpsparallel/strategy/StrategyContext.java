package io.mpsparallel.strategy;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a strategy works with. The backend belongs to the executor, and outlives the strategy.
 *
 * @param backend the engine
 * @param devices the devices to use, at least one
 * @param settings the executor's settings
 * @param ticker the clock of the deadlines
 * @param installed every strategy that is installed
 * @param engine what opened the engine, so that a strategy can open another one; null if the engine
 *     was handed over open
 * @param source where the lanes get their work, if another strategy decides that; then {@code
 *     accept} is not used
 * @param traffic of all strategies that share the devices with this one
 */
public record StrategyContext(
    Backend backend,
    List<Device> devices,
    ExecutorSettings settings,
    Ticker ticker,
    List<StrategyProvider> installed,
    @Nullable BackendProvider engine,
    @Nullable WorkSource source,
    SharedTraffic traffic) {
  // Copies the lists.
  public StrategyContext {
    requireNonNull(backend, "backend");
    devices = List.copyOf(devices);
    requireNonNull(settings, "settings");
    requireNonNull(ticker, "ticker");
    installed = List.copyOf(installed);
    requireNonNull(traffic, "traffic");
  }

  /**
   * Makes another strategy, whose lanes serve a source of ours.
   *
   * @param key the setting that names it, for messages
   * @param id its id
   * @param work where its lanes get their work
   * @return a strategy that the caller starts and closes, and tells when work was {@linkplain
   *     ParallelismStrategy#workAdded added}
   * @throws InferenceException {@code NOT_INSTALLED} if there is none of that id, {@code
   *     CONFIG_INVALID} if it serves no sources
   */
  public ParallelismStrategy downstream(String key, String id, WorkSource work) {
    StrategyProvider provider = Installed.choose(key, id, installed, StrategyProvider::id);
    if (!provider.servesSources()) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          key + ": " + id + " (expected: a strategy that others can give work to)");
    }
    return provider.create(
        new StrategyContext(backend, devices, settings, ticker, installed, engine, work, traffic));
  }
}
