package io.mpsparallel.strategy;

/**
 * Makes one strategy. Found by {@link java.util.ServiceLoader} or bound with Guice. Stateless, any
 * thread.
 */
public interface StrategyProvider {
  /** {@return the strategy's name in configuration} */
  String id();

  /**
   * Whether its strategies serve a {@linkplain StrategyContext#source source} that they are given,
   * so that another strategy can decide what their lanes run.
   *
   * @return false, unless overridden
   */
  default boolean servesSources() {
    return false;
  }

  /**
   * Makes the strategy; it takes no work before {@link ParallelismStrategy#start}.
   *
   * @param context what it works with
   * @return a strategy that the caller closes
   */
  ParallelismStrategy create(StrategyContext context);
}
