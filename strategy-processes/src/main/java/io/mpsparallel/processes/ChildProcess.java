package io.mpsparallel.processes;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A child JVM, its log and its link. Any thread. */
final class ChildProcess implements WorkerProcess {
  /** For how long the end of the log is waited for: a grandchild may hold it open. */
  private static final long LOG_END_SECONDS = 1;

  private final Process process;
  private final ParentLink link;
  private final ResidentMemory memory;
  private final CompletableFuture<Death> death;
  private volatile boolean killed;

  /**
   * A process that runs.
   *
   * @param hsErr where its JVM was told to write when it crashes
   * @param bury what is done about it before anybody hears of its death
   */
  ChildProcess(
      Process process, ParentLink link, LogReader log, Path hsErr, Consumer<ChildProcess> bury) {
    this.process = process;
    this.link = link;
    memory = new ResidentMemory(process.pid());
    death =
        process
            .onExit()
            .thenCompose(
                gone ->
                    log.done().copy().completeOnTimeout(null, LOG_END_SECONDS, TimeUnit.SECONDS))
            .thenApply(
                end -> {
                  bury.accept(this);
                  return Death.of(process.exitValue(), hsErr, log.last());
                });
  }

  @Override
  public ParentLink link() {
    return link;
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public long residentBytes() {
    return memory.bytes();
  }

  @Override
  public void kill() {
    killed = true;
    process.toHandle().destroyForcibly(); // of the process it would close the log as well
  }

  /** Whether somebody here ended it. */
  boolean wasKilled() {
    return killed;
  }

  @Override
  public CompletableFuture<Death> death() {
    return death;
  }
}
