package io.mpsparallel.strategy;

/**
 * Makes one strategy. Found by {@link java.util.ServiceLoader} or bound with Guice. Stateless, any
 * thread.
 */
public interface StrategyProvider {
  /** {@return the strategy's name in configuration} */
  String id();

  /**
   * Makes the strategy; it takes no work before {@link ParallelismStrategy#start}.
   *
   * @param context what it works with
   * @return a strategy that the caller closes
   */
  ParallelismStrategy create(StrategyContext context);
}
