package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.work.ModelVersion;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One kind of work: what serves it now, and what each choice has served of it. Any thread asks; one
 * decides.
 */
final class KindOfWork {
  private static final int MOST_ROWS = 1 << 20;

  private final WorkKind kind;
  private final ModelVersion version;
  private final Map<Choice, Traffic> traffic = new ConcurrentHashMap<>();
  private volatile Serving serving;
  private Choice wanted; // of the one who decides
  private int rowsInFlight = 1; // of the same

  /**
   * A kind that was just seen.
   *
   * @param kind what it is
   * @param version the version of the model that it runs
   * @param first what serves it until somebody decides
   * @param strategy what that stands for
   */
  KindOfWork(WorkKind kind, ModelVersion version, Choice first, ParallelismStrategy strategy) {
    this.kind = kind;
    this.version = version;
    wanted = first;
    serving = new Serving(first, strategy, trafficOf(first));
  }

  private Traffic trafficOf(Choice choice) {
    return traffic.computeIfAbsent(choice, fresh -> new Traffic(kind, fresh));
  }

  WorkKind kind() {
    return kind;
  }

  ModelVersion version() {
    return version;
  }

  Serving serving() {
    return serving;
  }

  /** What was decided last; {@link #serving} is something else if that does not run. */
  Choice wanted() {
    return wanted;
  }

  void want(Choice decided) {
    wanted = decided;
  }

  /** Has a choice serve from now on. */
  void serveBy(Choice choice, ParallelismStrategy strategy) {
    serving = new Serving(choice, strategy, trafficOf(choice));
  }

  /** What was seen since the last look. */
  List<LoadSample> look(long windowNanos) {
    List<LoadSample> seen =
        traffic.values().stream()
            .map(served -> served.look(windowNanos))
            .filter(Objects::nonNull)
            .toList();
    double rows = seen.stream().mapToDouble(KindOfWork::rowsOf).sum();
    if (rows > 0) {
      rowsInFlight = 2 * Integer.highestOneBit((int) Math.min(MOST_ROWS, Math.ceil(rows)));
    }
    return seen;
  }

  private static double rowsOf(LoadSample sample) {
    return sample.requests() == 0 ? 0 : sample.inFlight() * sample.rows() / sample.requests();
  }

  /** More rows than were in flight when that was last seen: the next power of two. */
  int rowsInFlight() {
    return rowsInFlight;
  }
}
