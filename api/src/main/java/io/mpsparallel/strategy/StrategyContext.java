package io.mpsparallel.strategy;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.work.Ticker;
import java.util.List;

/**
 * What a strategy works with. The backend belongs to the executor, and outlives the strategy.
 *
 * @param backend the engine
 * @param devices the devices to use, at least one
 * @param settings the executor's settings
 * @param ticker the clock of the deadlines
 */
public record StrategyContext(
    Backend backend, List<Device> devices, ExecutorSettings settings, Ticker ticker) {
  // Copies the list.
  public StrategyContext {
    requireNonNull(backend, "backend");
    devices = List.copyOf(devices);
    requireNonNull(settings, "settings");
    requireNonNull(ticker, "ticker");
  }
}
