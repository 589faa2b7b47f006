package io.mpsparallel.bench;

/** What the cells of the scenario {@code cuda} are called. Pure functions. */
final class CudaCells {
  static final String GRAPH = "graph";
  static final String EAGER = "eager";
  static final String DEFAULT_STREAM = "default stream";
  static final String NEW_THREAD = "new thread per call";
  static final String WHOLE_DEVICE = "device-wide synchronise per call";
  static final String ANY_SIZE = "batching, any size";
  static final String POWERS = "batching, powers of two";
  static final String DEFAULT_SIZES = "batching, two sizes a power of two";
  static final String STEPS = "batching, four sizes a power of two";
  static final String LANES = "threads";
  static final String ONE_GPU = "one GPU";
  static final String ALL_GPUS = "all GPUs";

  private CudaCells() {}

  /** A hand-written loop. */
  static String raw(String how, int threads) {
    return "raw " + how + " x " + threads;
  }

  /** Blocked callers of one row, with as many lanes. */
  static String threads(String path, int callers) {
    return threads(path, callers, callers);
  }

  /** Blocked callers of one row. */
  static String threads(String path, int callers, int lanes) {
    return "threads " + path + " x " + callers + (callers == lanes ? "" : ", " + lanes + " lanes");
  }

  /** Blocked callers of more rows, with as many lanes. */
  static String rows(String path, int callers, int rows) {
    return threads(path, callers) + ", " + rows + " rows";
  }

  /** Requests in flight over 4 lanes. */
  static String inFlight(int depth, int requests) {
    return "4 lanes, depth " + depth + ", " + requests + " in flight";
  }

  /** Blocked callers on the lanes of one GPU, or of all. */
  static String callers(String gpus, int callers) {
    return gpus + ", " + callers + " callers";
  }

  /** Requests in flight over 4 lanes on one GPU, or on each. */
  static String flights(String gpus, int requests) {
    return gpus + ", 4 lanes each, " + requests + " in flight";
  }

  /** Clients that do not wait, batched, on one GPU or on all. */
  static String batches(String gpus, int clients) {
    return gpus + ", batching, " + clients + " clients";
  }

  /** Requests in flight, of batching with some sizes or of another strategy. */
  static String sizes(String which, int requests) {
    return which + ", " + requests + " in flight";
  }

  /** Clients that do not wait, with batching of at most so many rows. */
  static String batching(String path, int maxRows) {
    return "batching " + path + ", max " + maxRows + " rows";
  }

  /** The same clients without batching. */
  static String unbatched(String path) {
    return "unbatched " + path;
  }
}
