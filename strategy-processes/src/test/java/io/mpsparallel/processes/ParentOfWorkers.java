package io.mpsparallel.processes;

import java.io.IOException;
import java.nio.file.Path;

/** A program that starts workers, prints their process ids, and waits for its end. */
final class ParentOfWorkers {
  private ParentOfWorkers() {}

  /**
   * Starts it.
   *
   * @param args the cache directory, how many workers
   */
  public static void main(String[] args) throws IOException, LinkLost {
    Launcher launcher = Launcher.of(Child.settings(Path.of(args[0])));
    for (int i = 0; i < Integer.parseInt(args[1]); i++) {
      System.out.println(Child.open(launcher, TroubledProvider.ID).process.pid());
    }
    System.out.println("ready");
    System.exit(System.in.read());
  }
}
