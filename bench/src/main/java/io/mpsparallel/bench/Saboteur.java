package io.mpsparallel.bench;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A thread that kills the oldest child of this process, if it is old enough to serve, each time a
 * while has passed, and every fifth time stops it instead. Any thread may ask and end it.
 */
final class Saboteur implements AutoCloseable {
  private static final int STOPS_EVERY = 5;

  /** At this age a worker has served. Those that start are let be, or none might ever serve. */
  private static final Duration READY = Duration.ofSeconds(5);

  private final Duration pause;
  private final Consumer<String> failures;
  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicInteger killed = new AtomicInteger();
  private final AtomicInteger stopped = new AtomicInteger();
  private final Thread thread = new Thread(this::run, "saboteur");

  private Saboteur(Duration pause, Consumer<String> failures) {
    this.pause = pause;
    this.failures = failures;
  }

  /** Begins; the caller ends it. */
  static Saboteur start(Duration pause, Consumer<String> failures) {
    Saboteur saboteur = new Saboteur(pause, failures);
    saboteur.thread.setDaemon(true);
    saboteur.thread.start();
    return saboteur;
  }

  int killed() {
    return killed.get();
  }

  int stopped() {
    return stopped.get();
  }

  private void run() {
    try {
      for (int round = 0; !over.await(pause.toNanos(), TimeUnit.NANOSECONDS); round++) {
        strike(round);
      }
    } catch (InterruptedException | IOException e) {
      failures.accept("the saboteur gave up: " + e);
    }
  }

  private void strike(int round) throws IOException, InterruptedException {
    List<ProcessHandle> children =
        ProcessHandle.current()
            .children()
            .filter(child -> child.isAlive() && start(child).isBefore(Instant.now().minus(READY)))
            .sorted(Comparator.comparing(Saboteur::start))
            .toList();
    if (children.isEmpty()) {
      return;
    }
    ProcessHandle victim = children.get(0); // the oldest
    boolean stops = round % STOPS_EVERY == STOPS_EVERY - 1 && children.size() > 1;
    signal(stops ? "-STOP" : "-KILL", victim.pid());
    (stops ? stopped : killed).incrementAndGet();
  }

  private static Instant start(ProcessHandle child) {
    return child.info().startInstant().orElse(Instant.MAX);
  }

  private static void signal(String which, long process) throws IOException, InterruptedException {
    new ProcessBuilder("kill", which, String.valueOf(process)).start().waitFor();
  }

  @Override
  public void close() {
    over.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
