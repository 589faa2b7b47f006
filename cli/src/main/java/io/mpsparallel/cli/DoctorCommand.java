package io.mpsparallel.cli;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.work.Ticker;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code doctor}: whether this machine is set up right. One thread. */
@Command(
    name = "doctor",
    description =
        "Says what is installed and loaded, tries every device, and what to do about problems.")
final class DoctorCommand implements Callable<Integer> {
  private final Engines engines;

  @Spec private @Nullable CommandSpec spec;

  @ParentCommand private @Nullable RootCommand root;

  @Option(names = "--json", description = "Prints JSON, for programs.")
  private boolean json;

  DoctorCommand(Engines engines) {
    this.engines = engines;
  }

  @Override
  public Integer call() {
    Health health = examine().withJvmFacts();
    PrintWriter out = requireNonNull(spec, "spec").commandLine().getOut();
    out.print(json ? HealthJson.render(health) : HealthText.render(health));
    out.flush();
    return health.isHealthy() ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private Health examine() {
    try (Backend backend = engines.backend(BackendSettings.DEFAULTS)) {
      var tests = new SelfTest(engines, backend, Ticker.SYSTEM).run();
      return new Health(backend.report(), tests); // afterwards: now all libraries are loaded
    } catch (InferenceException e) {
      if (root != null && root.isVerbose()) {
        PrintWriter err = requireNonNull(spec, "spec").commandLine().getErr();
        e.printStackTrace(err);
        err.flush();
      }
      return Health.unusable(e);
    }
  }
}
