package io.mpsparallel.processes;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import io.mpsparallel.testing.ArchitectureRules;
import org.junit.jupiter.api.Test;

/** The shape of this module; each rule is also shown to be able to fail. */
class ArchitectureTest {
  private static final String PACKAGE = "io.mpsparallel.processes";
  private static final JavaClasses CLASSES = ArchitectureRules.mainClasses(PACKAGE);

  private static void assertFails(ArchRule rule) {
    assertThatThrownBy(() -> rule.check(CLASSES)).isInstanceOf(AssertionError.class);
  }

  @Test
  void entries_areAllThatIsPublic() {
    assertThat(CLASSES.contain(ProcessesStrategy.class)).isTrue();
    ArchitectureRules.packagePrivateBut(
            PACKAGE, "ProcessesModule", "ProcessesProvider", "ProcessPoolInference", "WorkerMain")
        .check(CLASSES);
    assertFails(ArchitectureRules.packagePrivateBut(PACKAGE, "ProcessesModule"));
  }

  @Test
  void module_knowsOnlyApi() {
    ArchitectureRules.strategyKnowsOnlyApi(PACKAGE).check(CLASSES);
    ArchitectureRules.guiceOnlyInInject().check(CLASSES);
    assertFails(noClasses().should().dependOnClassesThat().resideInAPackage("io.mpsparallel.work"));
  }

  @Test
  void breaker_isAllThatKnowsResilience4j() {
    onlyIn("StartBreaker").check(CLASSES);
    assertFails(onlyIn("Life"));
  }

  private static ArchRule onlyIn(String name) {
    return noClasses()
        .that(
            DescribedPredicate.<JavaClass>describe(
                "are not " + name, type -> !type.getSimpleName().equals(name)))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.github.resilience4j..");
  }
}
