package io.mpsparallel.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Universal Scalability Law: how throughput depends on how much works in parallel.
 *
 * <pre>
 *   X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 * </pre>
 *
 * <p>Source: N. J. Gunther, <i>A General Theory of Computational Scalability Based on Rational
 * Functions</i>, arXiv:0808.1431 (2008). Immutable, any thread.
 *
 * @param lambda the throughput of one, above 0
 * @param sigma what waits for its turn, at least 0
 * @param kappa what grows with each pair, because they must agree, at least 0; above 0, throughput
 *     falls again beyond a peak
 */
public record ScalabilityLaw(double lambda, double sigma, double kappa) {
  /** So many different sizes are needed to fit three numbers. */
  static final int LEAST_SIZES = 3;

  // Checks the ranges.
  public ScalabilityLaw {
    if (!(lambda > 0) || !(sigma >= 0) || !(kappa >= 0)) {
      throw new IllegalArgumentException(
          "lambda, sigma, kappa: "
              + lambda
              + ", "
              + sigma
              + ", "
              + kappa
              + " (expected: above 0, at least 0, at least 0)");
    }
  }

  /**
   * The throughput of so many.
   *
   * @param n how many, at least 1
   * @return the throughput
   */
  public double at(int n) {
    return lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1.0));
  }

  /**
   * Where throughput is greatest.
   *
   * @param most up to here
   * @return how many, at least 1
   */
  public int peak(int most) {
    return fewest(1, most);
  }

  /** The fewest with a part of the greatest throughput. */
  int fewest(double part, int most) {
    double greatest = 0;
    for (int n = 1; n <= most; n++) {
      greatest = Math.max(greatest, at(n));
    }
    int n = 1;
    while (n < most && at(n) < part * greatest) {
      n++;
    }
    return n;
  }

  /**
   * The law that fits best, by the least squares of relative errors.
   *
   * @param measured the throughput of each size, sizes at least 1 and throughputs above 0
   * @return the law, or empty if fewer than three sizes were measured
   */
  public static Optional<ScalabilityLaw> fit(Map<Integer, Double> measured) {
    if (measured.size() < LEAST_SIZES) {
      return Optional.empty();
    }
    // N/X is linear in 1/lambda, sigma/lambda and kappa/lambda: rows of that equation, over N/X.
    List<double[]> rows = new ArrayList<>();
    measured.forEach(
        (size, throughput) -> {
          double n = size;
          double scale = throughput / n;
          rows.add(new double[] {scale, scale * (n - 1), scale * n * (n - 1)});
        });
    return Optional.of(best(rows));
  }

  /** Neither sigma nor kappa may be below 0: the best of those that leave one or both out. */
  private static ScalabilityLaw best(List<double[]> rows) {
    double[] best = solve(rows, new int[] {0});
    for (int[] unknowns : new int[][] {{0, 1}, {0, 2}, {0, 1, 2}}) {
      double[] found = solve(rows, unknowns);
      boolean allowed = found[0] > 0 && found[1] >= 0 && found[2] >= 0; // not NaN
      if (allowed && error(rows, found) < error(rows, best)) {
        best = found;
      }
    }
    return new ScalabilityLaw(1 / best[0], best[1] / best[0], best[2] / best[0]);
  }

  private static double error(List<double[]> rows, double[] found) {
    return rows.stream()
        .mapToDouble(row -> row[0] * found[0] + row[1] * found[1] + row[2] * found[2] - 1)
        .map(error -> error * error)
        .sum();
  }

  /** Solves the normal equations for some of the unknowns; the others are 0. */
  private static double[] solve(List<double[]> rows, int[] unknowns) {
    int size = unknowns.length;
    double[][] matrix = new double[size][size + 1];
    for (double[] row : rows) {
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          matrix[i][j] += row[unknowns[i]] * row[unknowns[j]];
        }
        matrix[i][size] += row[unknowns[i]];
      }
    }
    double[] found = new double[3];
    eliminate(matrix);
    for (int i = 0; i < size; i++) {
      found[unknowns[i]] = matrix[i][size] / matrix[i][i];
    }
    return found;
  }

  /** Gauss and Jordan; the matrix is positive definite unless the sizes are too alike. */
  private static void eliminate(double[][] matrix) {
    for (int pivot = 0; pivot < matrix.length; pivot++) {
      for (int row = 0; row < matrix.length; row++) {
        double factor = row == pivot ? 0 : matrix[row][pivot] / matrix[pivot][pivot];
        for (int column = pivot; column <= matrix.length; column++) {
          matrix[row][column] -= factor * matrix[pivot][column];
        }
      }
    }
  }
}
