package io.mpsparallel.strategy;

/** Makes the strategy that is always there: one lane, id {@value #ID}. */
public final class SingleLaneProvider implements StrategyProvider {
  /** The strategy's name in configuration. */
  public static final String ID = "single";

  /** For {@link java.util.ServiceLoader} and Guice. */
  public SingleLaneProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public ParallelismStrategy create(StrategyContext context) {
    return new SingleLane(context);
  }
}
