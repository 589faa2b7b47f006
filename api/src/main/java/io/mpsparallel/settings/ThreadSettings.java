package io.mpsparallel.settings;

/**
 * How many threads one forward may use inside the engine.
 *
 * @param intraOp threads of one operation on the CPU; {@link #AUTO} gives the CPUs granted to this
 *     process
 * @param blas threads of the linear-algebra library; {@link #AUTO} gives the same as {@code
 *     intraOp}
 */
public record ThreadSettings(int intraOp, int blas) {
  /** Decided by the library. */
  public static final int AUTO = 0;

  /** Both decided by the library. */
  public static final ThreadSettings DEFAULTS = new ThreadSettings(AUTO, AUTO);

  // Checks the ranges.
  public ThreadSettings {
    Check.range("threads.intra-op", intraOp, AUTO, 1024);
    Check.range("threads.blas", blas, AUTO, 1024);
  }

  /** {@return {@code intraOp}, or the number of CPUs granted to this process if it is automatic} */
  public int intraOpOrGranted() {
    return intraOp == AUTO ? Runtime.getRuntime().availableProcessors() : intraOp;
  }

  /** {@return {@code blas}, or the intra-op threads if it is automatic} */
  public int blasOrIntraOp() {
    return blas == AUTO ? intraOpOrGranted() : blas;
  }
}
