package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.processes.ProcessModel.ModelFacts;
import io.mpsparallel.processes.ProcessModel.ModelFile;
import io.mpsparallel.settings.ThreadSettings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The present worker of a place, and what it has been told. Whoever has the lease, but for what
 * says otherwise.
 */
final class Incumbent {
  private static final Logger LOG = LoggerFactory.getLogger(Incumbent.class);

  /** For how long a process that let go of its link may take to be gone by itself. */
  private static final long NATURAL_MILLIS = 2_000;

  /** For how long a process that was killed may take to be gone. */
  private static final long KILLED_MILLIS = 10_000;

  private final String name;
  private final WorkerProcess process;
  private final Supplier<Device> device;
  private final Set<Integer> loaded = new HashSet<>();
  private final Map<Integer, InferenceException> failed = new HashMap<>(); // models, why
  private final Set<WarmUpRun> warm = new HashSet<>();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong served = new AtomicLong();
  private @Nullable ThreadSettings threads;
  private volatile int version = -1; // of what is wanted
  private volatile int lastSent;
  private volatile Life.@Nullable Step killedFor;
  private @Nullable Fault fault;

  /** That the engine is unusable, as the answer to a frame. */
  private record Fault(int frame, InferenceException why) {}

  /**
   * A worker that has been told nothing.
   *
   * @param device where it runs models; not asked before one is loaded
   */
  Incumbent(String name, WorkerProcess process, Supplier<Device> device) {
    this.name = name;
    this.device = device;
    this.process = process;
  }

  WorkerProcess process() {
    return process;
  }

  /** The device of its place. */
  Device device() {
    return device.get();
  }

  ParentLink link() {
    return process.link();
  }

  /** Whether it has all that is wanted. Any thread. */
  boolean isUpToDate(Wanted wanted) {
    return version == wanted.version();
  }

  /** Whether its process has ended. Any thread. */
  boolean isGone() {
    return process.death().isDone();
  }

  /** Hands a forward in. */
  int send(ProcessModel model, Region body, long room) throws LinkLost {
    int number = link().send(FrameKind.RUN, model.number(), body, room);
    lastSent = number;
    return number;
  }

  /**
   * Waits for the answer of the oldest frame in hand. One that says that the engine is unusable is
   * none: the worker ends, and what it had in hand may run elsewhere.
   */
  Answer await() throws LinkLost {
    Answer answer = link().await();
    InferenceException failure = answer.failure();
    if (failure == null || !Worker.isUnusableAfter(failure)) {
      return answer;
    }
    answer.close();
    fault = new Fault(answer.number(), failure);
    throw new LinkLost(Reasons.of(failure));
  }

  /** A forward was answered, with outputs or a failure. */
  void answered() {
    answered.lazySet(answered.get() + 1);
  }

  /** {@return how many forwards it has answered; any thread} */
  long answeredCount() {
    return answered.get();
  }

  /** A forward succeeded. */
  void served() {
    served.lazySet(served.get() + 1);
  }

  /** {@return how many forwards it has run with success; any thread} */
  long servedCount() {
    return served.get();
  }

  /**
   * {@return the frame that somebody waits for; else what it is at, or was handed last and has not
   * answered; 0 if nothing; any thread}
   */
  int presentFrame() {
    int awaited = link().awaited();
    if (awaited != 0) {
      return awaited; // however often it says that it is at another one
    }
    int executing = link().executing();
    if (executing != 0) {
      return executing;
    }
    int last = lastSent;
    return last == 0 || link().isAnswered(last) ? 0 : last;
  }

  /**
   * Loads a model onto the worker's own device; unless it is then wanted there, it is unloaded at
   * the next change.
   */
  ModelFacts load(int number, ModelFile file) throws LinkLost {
    ModelFacts facts = Questions.load(link(), number, file, device());
    loaded.add(number);
    failed.remove(number);
    return facts;
  }

  /**
   * Whether a model can run here.
   *
   * @throws InferenceException why it could not be loaded
   */
  void checkLoaded(ProcessModel model) {
    InferenceException why = failed.get(model.number());
    if (why != null) {
      throw why.seenHere();
    }
  }

  /** Loads a model; if only that cannot be, the worker goes on without it. */
  private void tryLoad(ProcessModel model) throws LinkLost {
    try {
      load(model.number(), model.file());
    } catch (InferenceException e) {
      if (Worker.isUnusableAfter(e)) {
        throw e;
      }
      if (failed.put(model.number(), e) == null) {
        LOG.warn("{} serves without model {}", name, model.number(), e);
      }
    }
  }

  /**
   * Brings it up to date; with nothing in its hand. A model that cannot be loaded is tried again
   * each time; until then its requests fail.
   *
   * @param warmer runs a model's warm-up here
   */
  void bring(Wanted wanted, Warmer warmer) throws LinkLost {
    unload(wanted);
    if (wanted.threads() != null && !wanted.threads().equals(threads)) {
      Questions.threads(link(), wanted.threads());
      threads = wanted.threads();
    }
    for (ProcessModel model : wanted.models().values()) {
      if (isHere(model) && !loaded.contains(model.number())) {
        tryLoad(model);
      }
    }
    warm.retainAll(wanted.warmUps());
    for (WarmUpRun warmUp : List.copyOf(wanted.warmUps())) {
      int number = warmUp.modelOn(device()).number();
      if (wanted.models().containsKey(number) && !warm.contains(warmUp)) {
        warmer.warm(warmUp);
        warm.add(warmUp);
      }
    }
    version = wanted.version();
  }

  private boolean isHere(ProcessModel model) {
    return model.device().equals(device());
  }

  /** Runs a model's warm-up. */
  interface Warmer {
    void warm(WarmUpRun warmUp) throws LinkLost;
  }

  private void unload(Wanted wanted) throws LinkLost {
    failed.keySet().retainAll(wanted.models().keySet());
    for (Iterator<Integer> each = loaded.iterator(); each.hasNext(); ) {
      int number = each.next();
      ProcessModel model = wanted.models().get(number);
      if (model == null || !isHere(model)) {
        each.remove();
        Questions.unload(link(), number);
      }
    }
  }

  /** Kills it, for a reason that is told to those who are to blame. Any thread. */
  void kill(Life.Step why) {
    if (killedFor == null) {
      killedFor = why; // only the supervisor does, and whoever closes it all
    }
    process.kill();
  }

  /** Sees to it that it is gone, waits for that, and lets go of the link. Never fails. */
  Loss bury(String lastSeen) {
    try {
      return buryAndSayHow(lastSeen);
    } catch (RuntimeException | Error e) {
      LOG.error("{}: unexpected failure while it was buried", name, e);
      process.kill();
      return Loss.unknown(name, "was killed: " + lastSeen);
    }
  }

  private Loss buryAndSayHow(String lastSeen) {
    Fault told = fault;
    int executing = told == null ? link().executing() : told.frame();
    Death death = death(NATURAL_MILLIS);
    String how = told == null ? killReason() : Reasons.of(told.why());
    boolean outside = told == null && killedFor == Life.Step.KILL_SILENT;
    if (death == null) {
      how = how == null ? "was killed: " + lastSeen : how;
      process.kill();
      death = death(KILLED_MILLIS);
    } else if (how == null) {
      how = Reasons.of(death);
      outside = death.fromOutside();
    }
    link().close();
    Death known = death == null ? new Death(-1, null, null, List.of()) : death;
    return new Loss(name + " (process " + process.pid() + ")", how, outside, executing, known);
  }

  private @Nullable String killReason() {
    Life.Step why = killedFor;
    return why == null ? null : Reasons.of(why);
  }

  private @Nullable Death death(long millis) {
    boolean interrupted = false;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    try {
      while (true) {
        try {
          return process.death().get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException | TimeoutException e) {
          return null;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
