package io.mpsparallel.processes;

import io.mpsparallel.processes.Life.Sample;
import io.mpsparallel.processes.Life.State;
import io.mpsparallel.processes.Life.Step;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.work.LaneThread;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that starts, watches and replaces workers: looks at each ten times a second while one
 * has work or is to come, else sleeps until something happens. It does what {@link Life} says. It
 * never waits for a worker.
 */
final class Supervisor implements Members.Overseer, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** For how long it goes on looking when there is nothing to see: sleeping must be rare. */
  private static final long AWAKE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Members members;
  private final Launcher launcher;
  private final Starts starts;
  private final boolean measuresMemory;
  private final Thread thread = new LaneThread("mps-parallel-supervisor", this::run);
  private volatile boolean woken;
  private volatile boolean dozing;
  private volatile boolean closed;
  private boolean archived;
  private long busyUntil;

  Supervisor(Members members, Launcher launcher, StartBreaker breaker, ProcessSettings settings) {
    this.members = members;
    this.launcher = launcher;
    starts = new Starts(members, launcher, breaker, this::wake);
    measuresMemory = settings.limits().memoryBytes() != ProcessSettings.NO_LIMIT;
  }

  void start() {
    thread.start();
  }

  /** Something happened: look now. */
  @Override
  public void wake() {
    woken = true;
    LockSupport.unpark(thread);
  }

  @Override
  public void workBegins() {
    if (dozing) {
      wake();
    }
  }

  private void run() {
    while (!closed) {
      woken = false;
      boolean busy = false;
      try {
        busy = lookAtAll(System.nanoTime());
      } catch (RuntimeException | Error e) {
        LOG.error("unexpected failure", e);
      }
      doze(busy);
    }
  }

  private void doze(boolean busy) {
    long now = System.nanoTime();
    busyUntil = busy || busyUntil == 0 ? now + AWAKE_NANOS : busyUntil;
    if (busyUntil - now > 0) {
      parkUnlessWoken(LOOK_NANOS);
      return;
    }
    dozing = true;
    if (members.leases().taken() == 0) { // whoever takes a worker now sees us dozing
      parkUnlessWoken(Long.MAX_VALUE);
    }
    dozing = false;
    busyUntil = 0;
  }

  private void parkUnlessWoken(long nanos) {
    if (!woken) {
      LockSupport.parkNanos(this, nanos);
    }
  }

  private boolean lookAtAll(long now) {
    boolean busy = false;
    boolean serving = true;
    for (Member member : members.places().all()) {
      lookAt(member, now);
      boolean serves = member.life().state() == State.SERVING;
      serving &= serves;
      busy |= !serves || member.isTaken();
    }
    if (serving) {
      makeArchive();
    }
    return busy;
  }

  /** Once, when nobody waits for a start any more: it takes as much as one. */
  @SuppressWarnings("FutureReturnValueIgnored") // it never fails
  private void makeArchive() {
    Optional<ProcessModel> any = members.wanted().models().values().stream().findFirst();
    if (!archived && any.isPresent()) {
      archived = true;
      launcher.makeArchive(members.opener().engine(), any.get().file().source());
    }
  }

  private void lookAt(Member member, long now) {
    Incumbent worker = member.incumbent();
    if (worker != null && worker.isGone() && members.leases().take(member)) {
      members.departed(member, worker.bury("it let go of its link"), false);
    }
    notice(member, now);
    act(member, member.life().look(sample(member, now)), now);
  }

  /** Tells the life what happened since the last look. */
  private void notice(Member member, long now) {
    Life life = member.life();
    Member.Departure departure = member.takeDeparture();
    if (departure != null) {
      departed(member, departure, now);
    }
    Incumbent worker = member.incumbent();
    if (worker != null && worker.answeredCount() > 0) {
      life.answered();
    }
    if (member.isReady() && life.state() == State.STARTING) {
      life.ready(now);
      starts.succeeded();
    }
  }

  private void departed(Member member, Member.Departure departure, long now) {
    if (!departure.wasReady()) {
      starts.failed();
    } else if (member.life().state() == State.STARTING) { // ready and gone between two looks
      starts.succeeded();
    }
    if (departure.excused()) {
      member.life().answered();
    }
    member.life().died(now);
    member.pulse().reset();
  }

  private Sample sample(Member member, long now) {
    Incumbent worker = member.incumbent();
    Pulse pulse = member.pulse();
    if (worker == null || !member.isReady()) {
      pulse.reset();
      return new Sample(now, 0, 0, 0, 0, member.isWanted());
    }
    pulse.observe(now, worker.presentFrame(), worker.link().beat());
    return new Sample(
        now,
        pulse.executingNanos(now),
        pulse.silentNanos(now),
        measuresMemory ? worker.process().residentBytes() : 0,
        worker.answeredCount(),
        member.isWanted());
  }

  private void act(Member member, Step step, long now) {
    switch (step) {
      case NOTHING -> killAgain(member);
      case RETIRE -> {
        if (members.retire(member)) {
          member.life().retired();
        }
      }
      case START -> starts.startIfAllowed(member, now);
      case DRAIN -> members.drain(member);
      case KILL_UNREADY, KILL_SILENT, KILL_SLOW, KILL_LARGE -> kill(member, step);
    }
  }

  /** It may not have been there yet. */
  private static void killAgain(Member member) {
    if (member.life().state() == State.KILLED && member.incumbent() != null) {
      kill(member, Step.KILL_UNREADY);
    }
  }

  private static void kill(Member member, Step why) {
    Incumbent worker = member.incumbent();
    if (worker != null) {
      worker.kill(why);
    }
  }

  @Override
  public void close() {
    closed = true;
    wake();
    if (Thread.currentThread() != thread) {
      join();
    }
  }

  private void join() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
