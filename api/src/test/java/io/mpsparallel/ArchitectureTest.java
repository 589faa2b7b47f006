package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.mpsparallel.testing.ArchitectureRules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules hold in api; and each rule fails on a class that was compiled to break it. */
class ArchitectureTest {
  private static final JavaClasses API = ArchitectureRules.mainClasses("io.mpsparallel");

  @TempDir Path directory;

  private static Stream<ArchRule> rulesOfApi() {
    return Stream.concat(
        ArchitectureRules.layers().stream(),
        Stream.of(
            ArchitectureRules.noOtherPackages(),
            ArchitectureRules.noCycles(),
            ArchitectureRules.typesafeConfigOnlyInConfig(),
            ArchitectureRules.micrometerOnlyInMetrics(),
            ArchitectureRules.resilience4jOnlyInResilience(),
            ArchitectureRules.guiceOnlyInInject(),
            ArchitectureRules.nativesOnlyInMps(),
            ArchitectureRules.noJavaUtilLogging(),
            ArchitectureRules.noStandardStreams()));
  }

  @Test
  void api_allRules_hold() {
    assertThat(API).hasSizeGreaterThan(40);
    rulesOfApi().forEach(rule -> rule.check(API));
  }

  /** Classes of the given names whose bodies are the given text. */
  private JavaClasses compiled(String... namesAndBodies) throws IOException {
    List<JavaFileObject> sources = new ArrayList<>();
    for (int i = 0; i < namesAndBodies.length; i += 2) {
      String name = namesAndBodies[i];
      int dot = name.lastIndexOf('.');
      String head = "package " + name.substring(0, dot) + "; public class ";
      String body = name.substring(dot + 1) + " { " + namesAndBodies[i + 1] + " }";
      sources.add(SourceCompiler.source(name, head + body));
    }
    assertThat(SourceCompiler.compile(directory, List.of("-Xlint:none"), sources)).isEmpty();
    return new ClassFileImporter().importPath(directory);
  }

  private static void assertBroken(ArchRule rule, JavaClasses classes, String culprit) {
    assertThatThrownBy(() -> rule.check(classes))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(culprit);
  }

  private static void assertOneLayerBroken(JavaClasses classes, String culprit) {
    assertThat(ArchitectureRules.layers())
        .filteredOn(rule -> rule.evaluate(classes).hasViolation())
        .singleElement()
        .satisfies(rule -> assertBroken(rule, classes, culprit));
  }

  @ParameterizedTest
  @CsvSource({
    "error, tensor.Tensor",
    "tensor, settings.ExecutorSettings",
    "settings, backend.Device",
    "backend, config.HoconSettings",
    "backend, work.WorkItem",
    "config, work.Priority",
    "policy, work.Priority",
    "work, strategy.StrategyContext",
    "strategy, InferenceExecutor",
    "strategy, inject.ExecutorModule"
  })
  void layers_packageThatKnowsAHigherOne_isFound(String from, String to) throws IOException {
    String name = "io.mpsparallel." + from + ".Bad";
    assertOneLayerBroken(compiled(name, field(to)), name);
  }

  private static String field(String type) {
    return "io.mpsparallel." + type + " field;";
  }

  @Test
  void layers_packageThatKnowsALowerOne_isFine() throws IOException {
    JavaClasses fine = compiled("io.mpsparallel.settings.Fine", field("tensor.Tensor"));
    ArchitectureRules.layers().forEach(rule -> rule.check(fine));
  }

  @Test
  void layers_rootThatKnowsInject_isFound() throws IOException {
    JavaClasses bad = compiled("io.mpsparallel.Bad", field("inject.ExecutorModule"));
    assertOneLayerBroken(bad, "io.mpsparallel.Bad");
  }

  @Test
  void noOtherPackages_unknownPackage_isFound() throws IOException {
    JavaClasses bad = compiled("io.mpsparallel.util.Bad", "");
    assertBroken(ArchitectureRules.noOtherPackages(), bad, "io.mpsparallel.util.Bad");
  }

  @Test
  void noCycles_circleOfTwo_isFound() throws IOException {
    JavaClasses bad =
        compiled(
            "io.mpsparallel.one.A", "io.mpsparallel.two.B b;",
            "io.mpsparallel.two.B", "io.mpsparallel.one.A a;");
    assertBroken(ArchitectureRules.noCycles(), bad, "Cycle detected");
  }

  @Test
  void typesafeConfig_elsewhere_isFound() throws IOException {
    JavaClasses bad = compiled("io.mpsparallel.work.Bad", "com.typesafe.config.Config c;");
    assertBroken(ArchitectureRules.typesafeConfigOnlyInConfig(), bad, "io.mpsparallel.work.Bad");
  }

  @Test
  void micrometer_elsewhere_isFound() throws IOException {
    String uses = "io.micrometer.core.instrument.MeterRegistry r;";
    JavaClasses bad =
        compiled("io.mpsparallel.metrics.Good", uses, "io.mpsparallel.work.Bad", uses);
    assertBroken(ArchitectureRules.micrometerOnlyInMetrics(), bad, "io.mpsparallel.work.Bad");
  }

  @Test
  void resilience4j_elsewhere_isFound() throws IOException {
    String uses = "io.github.resilience4j.circuitbreaker.CircuitBreaker b;";
    JavaClasses bad =
        compiled("io.mpsparallel.resilience.Good", uses, "io.mpsparallel.work.Bad", uses);
    assertBroken(ArchitectureRules.resilience4jOnlyInResilience(), bad, "io.mpsparallel.work.Bad");
  }

  @Test
  void guice_elsewhere_isFound() throws IOException {
    String uses = "com.google.inject.Injector i;";
    JavaClasses bad =
        compiled("io.mpsparallel.mps.GoodModule", uses, "io.mpsparallel.mps.Bad", uses);
    assertBroken(ArchitectureRules.guiceOnlyInInject(), bad, "io.mpsparallel.mps.Bad");
    assertThat(ArchitectureRules.guiceOnlyInInject().evaluate(bad).getFailureReport().getDetails())
        .hasSize(1);
  }

  @Test
  void natives_elsewhere_areFound() throws IOException {
    String uses = "org.bytedeco.javacpp.Fake f;";
    JavaClasses bad =
        compiled(
            "org.bytedeco.javacpp.Fake", "",
            "io.mpsparallel.mps.Good", uses,
            "io.mpsparallel.batching.Bad", uses);
    assertBroken(ArchitectureRules.nativesOnlyInMps(), bad, "io.mpsparallel.batching.Bad");
    assertThat(ArchitectureRules.nativesOnlyInMps().evaluate(bad).getFailureReport().getDetails())
        .hasSize(1);
  }

  @Test
  void javaUtilLogging_anywhere_isFound() throws IOException {
    JavaClasses bad = compiled("io.mpsparallel.work.Bad", "java.util.logging.Logger log;");
    assertBroken(ArchitectureRules.noJavaUtilLogging(), bad, "io.mpsparallel.work.Bad");
  }

  @ParameterizedTest
  @CsvSource({"out", "err"})
  void standardStreams_anywhere_areFound(String stream) throws IOException {
    JavaClasses bad =
        compiled("io.mpsparallel.work.Bad", "void m() { System." + stream + ".print(1); }");
    assertBroken(ArchitectureRules.noStandardStreams(), bad, "io.mpsparallel.work.Bad");
  }

  @Test
  void strategy_thatKnowsAnEngineOrAnotherStrategy_isFound() throws IOException {
    JavaClasses bad =
        compiled(
            "io.mpsparallel.mps.Engine",
            "",
            "io.mpsparallel.threads.Good",
            field("work.WorkQueue") + " java.util.List<?> l;",
            "io.mpsparallel.threads.Bad",
            field("mps.Engine"),
            "io.mpsparallel.batching.Bad",
            field("threads.Good"));
    assertBroken(strategy("threads"), bad, "io.mpsparallel.threads.Bad");
    assertBroken(strategy("batching"), bad, "io.mpsparallel.batching.Bad");
    strategy("processes").check(bad);
    assertThat(strategy("threads").evaluate(bad).getFailureReport().getDetails()).hasSize(1);
  }

  private static ArchRule strategy(String module) {
    return ArchitectureRules.strategyKnowsOnlyApi("io.mpsparallel." + module);
  }

  @Test
  void packagePrivateBut_publicClass_isFoundUnlessNamed() throws IOException {
    JavaClasses classes = compiled("io.mpsparallel.mps.Provider", "public static class Inner {}");
    ArchitectureRules.packagePrivateBut("io.mpsparallel.mps", "Provider").check(classes);
    assertBroken(
        ArchitectureRules.packagePrivateBut("io.mpsparallel.mps", "Other"), classes, "Provider");
  }
}
