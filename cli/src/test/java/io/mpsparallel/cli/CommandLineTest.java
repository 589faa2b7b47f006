package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.ProvisionException;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandLineTest {
  private final FakeEngines engines = new FakeEngines();

  @Test
  void help_listsTheCommandsAndTheExitStatuses() {
    CliRun run = CliRun.of(engines, "--help");

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("run", "doctor", "demo", "Exit status:", "--verbose");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "doctor", "demo"})
  void help_ofACommand_isPrinted(String command) {
    CliRun run = CliRun.of(engines, command, "--help");

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Usage: mps-parallel " + command);
    assertThat(run.err()).isEmpty();
  }

  @Test
  void version_namesProgramAndJava() {
    CliRun run = CliRun.of(engines, "--version");

    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("mps-parallel ").contains("Java " + Runtime.version());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "run",
        "run model.pt",
        "run model.pt --input x.txt",
        "run model.pt --input x=in.npz",
        "run model.pt --input x.npy --concurrency 0",
        "run model.pt --input x.npy --concurrency many",
        "run model.pt --input x.npy --repeat 0",
        "run model.pt --input x.npy --warmup -1",
        "run model.pt --input x.npy --set queue.capacity",
        "run model.pt --input x.npy --unknown",
        "demo --seconds 0",
        "doctor everything"
      })
  void line_thatMakesNoSense_endsWith2AndTheUsage(String line) {
    List<String> args = line.isEmpty() ? List.of() : List.of(line.split(" "));
    CliRun run = CliRun.of(engines, args.toArray(String[]::new));

    assertThat(run.status()).isEqualTo(ExitCodes.USAGE);
    assertThat(run.err()).contains("Usage: mps-parallel");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void command_thatIsUnknown_endsWith2AndASuggestion() {
    CliRun run = CliRun.of(engines, "doktor");

    assertThat(run.status()).isEqualTo(ExitCodes.USAGE);
    assertThat(run.err()).contains("'doktor'").contains("mps-parallel doctor");
  }

  @Test
  void failure_isToldInOneLine() {
    CliRun run = CliRun.of(engines, "run", "identity.fake", "--input", "none.npy");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err().lines())
        .containsExactly("mps-parallel: INVALID_INPUT: none.npy: no such file");
  }

  @Test
  void failure_verbose_showsTheTrace() {
    CliRun run = CliRun.of(engines, "run", "identity.fake", "--input", "none.npy", "--verbose");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err())
        .startsWith("mps-parallel: INVALID_INPUT: none.npy: no such file")
        .contains("at io.mpsparallel.cli.NpyFormat");
  }

  @Test
  void readable_ofWrappedFailures_isTheFailureItself() {
    InferenceException failure = new InferenceException(ErrorCode.DEVICE_UNAVAILABLE, "gone");

    assertThatThrownBy(
            () ->
                Engines.readable(
                    () -> {
                      throw new ProvisionException("wrapped", new IllegalStateException(failure));
                    }))
        .isSameAs(failure);
  }

  @Test
  void readable_ofAMissingLibrary_saysSo() {
    assertThatThrownBy(
            () ->
                Engines.readable(
                    () -> {
                      throw new UnsatisfiedLinkError("no jnitorch in java.library.path");
                    }))
        .isInstanceOf(InferenceException.class)
        .hasMessageStartingWith("NATIVE_UNAVAILABLE: ")
        .hasMessageContaining("no jnitorch in java.library.path");
  }

  @Test
  void readable_ofOtherFailures_leavesThemAlone() {
    IllegalStateException other = new IllegalStateException("other");

    assertThatThrownBy(
            () ->
                Engines.readable(
                    () -> {
                      throw other;
                    }))
        .isSameAs(other);
  }
}
