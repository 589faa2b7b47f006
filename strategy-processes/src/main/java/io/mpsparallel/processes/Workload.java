package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.BoundedSource;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done: questions, jobs whose worker died, and those of the strategy's source, in
 * this order. Any thread; the monitor is never held while others' code runs.
 */
final class Workload {
  private static final WorkSource NONE =
      new WorkSource() {
        @Override
        public int size() {
          return 0;
        }

        @Override
        public @Nullable Job poll() {
          return null;
        }
      };

  private final ArrayDeque<Inquiry<?>> inquiries = new ArrayDeque<>(); // guarded by this
  private final ArrayDeque<Errand> again = new ArrayDeque<>(); // guarded by this
  private volatile WorkSource source = NONE;
  private volatile Ticker ticker = Ticker.SYSTEM;
  private volatile List<Device> devices = List.of(Device.CPU);
  private volatile int depth = 1;
  private volatile int inquiring; // written under the monitor
  private volatile int returned; // written under the monitor
  private int inHand; // guarded by this
  private @Nullable InferenceException refusal; // guarded by this

  /** Sets where requests wait, their clock, and where they run. */
  void serve(WorkSource requests, Ticker clock, List<Device> where) {
    ticker = clock;
    devices = where;
    source = requests;
  }

  /** Sets how many jobs a worker may have in hand. */
  void setDepth(int changed) {
    depth = changed;
  }

  int depth() {
    return depth;
  }

  /** {@return the devices that workers are spread over} */
  List<Device> devices() {
    return devices;
  }

  /** The model that runs a job on a worker. */
  static ProcessModel modelOf(Job job, Incumbent worker) {
    return (ProcessModel) job.version().on(worker.device());
  }

  /** How requests are served by a worker that are not put together. */
  static Served servedBy(Incumbent worker) {
    return new Served(ProcessesProvider.ID, worker.device(), 1);
  }

  /** {@return whether somebody who is free may find something to do} */
  boolean hasWork() {
    return inquiring > 0 || returned > 0 || source.restNanos() <= 0;
  }

  /** {@return whether requests wait, for a worker or for others to join them} */
  boolean hasRequests() {
    return returned > 0 || source.size() > 0;
  }

  /** {@return how many requests wait, a returned batch counted as one} */
  int size() {
    return returned + source.size();
  }

  /** {@return for how long it is pointless to look, unless something is added} */
  long restNanos() {
    return inquiring > 0 || returned > 0 ? 0 : source.restNanos();
  }

  // ---- taking ----

  /** Takes the next job, which is in hand until {@link #over}; null if there is none now. */
  @Nullable Errand take() {
    begin(); // first: a job is never neither here nor in a hand
    Errand next = null;
    try {
      next = next();
      return next;
    } finally {
      if (next == null) {
        over();
      }
    }
  }

  private @Nullable Errand next() {
    for (Errand first = pollAgain(); first != null; first = pollAgain()) {
      if (isLive(first)) {
        return first;
      }
    }
    Job job = source.poll();
    return job == null ? null : new Errand(job);
  }

  private synchronized @Nullable Errand pollAgain() {
    Errand first = again.pollFirst();
    returned = again.size();
    return first;
  }

  /** Takes the next question. */
  synchronized @Nullable Inquiry<?> takeInquiry() {
    inquiries.removeIf(inquiry -> inquiry.answer().isDone()); // nobody waits for it any more
    Inquiry<?> first = inquiries.pollFirst();
    inquiring = inquiries.size();
    return first;
  }

  /** Something is in somebody's hand. */
  synchronized void begin() {
    inHand++;
  }

  /** It is answered, or back here. */
  synchronized void over() {
    inHand--;
    if (inHand == 0) {
      notifyAll();
    }
  }

  // ---- adding ----

  /** Adds a question; fails it if nobody will answer any more. */
  void add(Inquiry<?> inquiry, boolean first) {
    InferenceException why;
    synchronized (this) {
      why = refusal;
      if (why == null && first) {
        inquiries.addFirst(inquiry);
      } else if (why == null) {
        inquiries.addLast(inquiry);
      }
      inquiring = inquiries.size();
    }
    if (why != null) {
      inquiry.fail(why);
    }
  }

  /** Takes jobs back that are to be run before all others, in this order; or fails them. */
  void putBack(List<Errand> errands) {
    InferenceException why;
    synchronized (this) {
      why = refusal;
      for (int i = errands.size() - 1; why == null && i >= 0; i--) {
        again.addFirst(errands.get(i));
      }
      returned = again.size();
    }
    if (why != null) {
      errands.forEach(errand -> CallersCode.run(() -> errand.job().lose(why)));
    }
  }

  // ---- the end ----

  /** Answers what nobody waits for any more, while nobody is there to take it. */
  void buryDead() {
    begin();
    try {
      source.buryDead();
      putBack(takeAgain().stream().filter(this::isLive).toList());
    } finally {
      over();
    }
  }

  /** What one job throws is no reason to drop the others. */
  private boolean isLive(Errand errand) {
    try {
      return errand.isLive(ticker);
    } catch (RuntimeException | Error e) {
      CallersCode.run(() -> errand.job().lose(CallersCode.failure(e)));
      return false;
    }
  }

  private synchronized List<Errand> takeAgain() {
    List<Errand> all = List.copyOf(again);
    again.clear();
    returned = 0;
    return all;
  }

  /** Fails what waits and what will be put back; the source is its owner's to close. */
  void close() {
    InferenceException why = BoundedSource.closedError();
    List<Errand> jobs;
    List<Inquiry<?>> questions;
    synchronized (this) {
      refusal = why;
      jobs = List.copyOf(again);
      questions = List.copyOf(inquiries);
      again.clear();
      inquiries.clear();
      returned = 0;
      inquiring = 0;
    }
    jobs.forEach(errand -> CallersCode.run(() -> errand.job().lose(why)));
    questions.forEach(question -> question.fail(why));
  }

  /** Waits until no request waits and none is in anybody's hand; false if that took too long. */
  synchronized boolean awaitQuiet(Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    while (inHand > 0 || hasRequests()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }
}
