package io.mpsparallel.cli;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** What all commands have in common: help, version, and how a failure is told. One thread. */
@Command(
    name = "mps-parallel",
    description = "Runs one neural network for many callers at once.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = RootCommand.Version.class,
    usageHelpAutoWidth = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:all went well",
      " 1:the run failed, or doctor found something severe",
      " 2:the command line makes no sense"
    })
final class RootCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Shows where a failure came from.")
  private boolean verbose;

  static final class Version implements IVersionProvider {
    private static final String PROPERTIES =
        "/META-INF/maven/io.mpsparallel/mps-parallel-cli/pom.properties";

    @Override
    public String[] getVersion() throws IOException {
      Properties pom = new Properties();
      try (InputStream in = RootCommand.class.getResourceAsStream(PROPERTIES)) {
        if (in != null) {
          pom.load(in);
        }
      }
      return new String[] {
        "mps-parallel " + pom.getProperty("version", "(from a checkout)"),
        "Java "
            + Runtime.version()
            + " on "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
      };
    }
  }

  private RootCommand() {}

  /**
   * The program, ready to run.
   *
   * @param engines where commands get executors and engines from
   * @return a command line
   */
  static CommandLine commandLine(Engines engines) {
    RootCommand root = new RootCommand();
    return new CommandLine(root)
        .addSubcommand(new RunCommand(engines))
        .addSubcommand(new DoctorCommand(engines))
        .addSubcommand(new DemoCommand(engines))
        .addSubcommand(new CalibrateCommand(engines))
        .addSubcommand(new BenchCommand(engines))
        .setExecutionExceptionHandler(root::failed);
  }

  @Override
  public void run() {
    throw new ParameterException(
        requireNonNull(spec, "spec").commandLine(), "a command is missing");
  }

  /** {@return whether to show where failures come from} */
  boolean isVerbose() {
    return verbose;
  }

  private int failed(Exception e, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    boolean known = e instanceof InferenceException;
    err.println("mps-parallel: " + (known ? e.getMessage() : "unexpected: " + e));
    if (verbose) {
      e.printStackTrace(err);
    } else if (!known) {
      err.println("(--verbose shows where it came from)");
    }
    err.flush();
    return ExitCodes.FAILED;
  }
}
