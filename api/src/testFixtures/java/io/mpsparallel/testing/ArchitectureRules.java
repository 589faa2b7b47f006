package io.mpsparallel.testing;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.util.ArrayList;
import java.util.List;

/** The arrows between packages and modules as rules that every module checks. Any thread. */
public final class ArchitectureRules {
  private static final String ROOT = "io.mpsparallel";

  /** The packages of api, lowest first: each knows itself and those before it. */
  private static final List<String> LAYERS =
      List.of(
          ROOT + ".error",
          ROOT + ".event",
          ROOT + ".tensor",
          ROOT + ".settings",
          ROOT + ".backend",
          ROOT + ".config",
          ROOT + ".policy",
          ROOT + ".work",
          ROOT + ".strategy",
          ROOT + ".resilience",
          ROOT + ".adaptive",
          ROOT,
          ROOT + ".metrics",
          ROOT + ".inject");

  private ArchitectureRules() {}

  /**
   * The classes of a module without its tests.
   *
   * @param packages the module's packages
   * @return its classes
   */
  public static JavaClasses mainClasses(String... packages) {
    return new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
        .importPackages(packages);
  }

  /** {@return for api: each package knows only those below it; one rule for each package} */
  public static List<ArchRule> layers() {
    List<ArchRule> rules = new ArrayList<>();
    for (int i = 0; i < LAYERS.size(); i++) {
      String[] below = LAYERS.subList(0, i + 1).toArray(String[]::new);
      rules.add(
          classes()
              .that()
              .resideInAPackage(LAYERS.get(i))
              .should()
              .onlyDependOnClassesThat(
                  resideOutsideOfPackage(ROOT + "..").or(resideInAnyPackage(below)))
              .allowEmptyShould(true));
    }
    return rules;
  }

  /** {@return for api: every class is in a package that has a place among the layers} */
  public static ArchRule noOtherPackages() {
    return classes().should().resideInAnyPackage(LAYERS.toArray(String[]::new));
  }

  /** {@return packages know each other in no circle} */
  public static ArchRule noCycles() {
    return slices().matching("(io.mpsparallel..)").should().beFreeOfCycles();
  }

  /**
   * Typesafe-config stays in {@code config}; Guice's module in {@code inject} may take a {@code
   * Config}, which is how a caller hands one over.
   *
   * @return the rule
   */
  public static ArchRule typesafeConfigOnlyInConfig() {
    return onlyIn("com.typesafe.config..", ROOT + ".config", ROOT + ".inject");
  }

  /** {@return Micrometer stays in {@code metrics}} */
  public static ArchRule micrometerOnlyInMetrics() {
    return onlyIn("io.micrometer..", ROOT + ".metrics");
  }

  /** {@return within api, Resilience4j stays in {@code resilience}} */
  public static ArchRule resilience4jOnlyInResilience() {
    return onlyIn("io.github.resilience4j..", ROOT + ".resilience");
  }

  /** {@return Guice stays in {@code inject} and in a module's own class {@code ...Module}} */
  public static ArchRule guiceOnlyInInject() {
    return noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".inject")
        .and()
        .haveSimpleNameNotEndingWith("Module")
        .and(DescribedPredicate.not(insideAModuleClass()))
        .should()
        .dependOnClassesThat(resideInAPackage("com.google.inject.."))
        .allowEmptyShould(true);
  }

  private static DescribedPredicate<JavaClass> insideAModuleClass() {
    return DescribedPredicate.describe(
        "are inside a Guice module", type -> type.getName().contains("Module$"));
  }

  /** {@return the bindings of native libraries stay in {@code io.mpsparallel.mps}} */
  public static ArchRule nativesOnlyInMps() {
    return onlyIn("org.bytedeco..", ROOT + ".mps..");
  }

  private static ArchRule onlyIn(String library, String... allowed) {
    return noClasses()
        .that()
        .resideOutsideOfPackages(allowed)
        .should()
        .dependOnClassesThat(resideInAPackage(library))
        .allowEmptyShould(true);
  }

  /** {@return logging goes through SLF4J, never through {@code java.util.logging}} */
  public static ArchRule noJavaUtilLogging() {
    return noClasses()
        .should()
        .dependOnClassesThat(resideInAPackage("java.util.logging.."))
        .allowEmptyShould(true);
  }

  /** {@return nothing writes to {@code System.out} or {@code System.err}} */
  public static ArchRule noStandardStreams() {
    return GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.allowEmptyShould(true);
  }

  /**
   * A strategy knows api and itself: no engine, no other strategy.
   *
   * @param module the strategy's package
   * @return the rule
   */
  public static ArchRule strategyKnowsOnlyApi(String module) {
    List<String> known = new ArrayList<>(LAYERS);
    known.add(module + "..");
    return classes()
        .that()
        .resideInAPackage(module + "..")
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage(ROOT + "..")
                .and(resideOutsideOfPackage("org.bytedeco.."))
                .or(resideInAnyPackage(known.toArray(String[]::new))))
        .allowEmptyShould(true);
  }

  /**
   * Everything in a module is package-private but what is named.
   *
   * @param module the module's package
   * @param names simple names of the classes that may be public
   * @return the rule
   */
  public static ArchRule packagePrivateBut(String module, String... names) {
    return classes()
        .that()
        .resideInAPackage(module + "..")
        .and()
        .areTopLevelClasses()
        .and(
            DescribedPredicate.describe(
                "are none of " + List.of(names),
                type -> !List.of(names).contains(type.getSimpleName())))
        .should()
        .notBePublic()
        .allowEmptyShould(true);
  }
}
