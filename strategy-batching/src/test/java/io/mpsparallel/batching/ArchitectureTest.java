package io.mpsparallel.batching;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import io.mpsparallel.testing.ArchitectureRules;
import org.junit.jupiter.api.Test;

/** The shape of this module; each rule is also shown to be able to fail. */
class ArchitectureTest {
  private static final String PACKAGE = "io.mpsparallel.batching";
  private static final JavaClasses CLASSES = ArchitectureRules.mainClasses(PACKAGE);

  private static void assertFails(ArchRule rule) {
    assertThatThrownBy(() -> rule.check(CLASSES)).isInstanceOf(AssertionError.class);
  }

  @Test
  void entries_areAllThatIsPublic() {
    assertThat(CLASSES.contain(BatchingStrategy.class)).isTrue();
    ArchitectureRules.packagePrivateBut(PACKAGE, "BatchingModule", "BatchingProvider")
        .check(CLASSES);
    assertFails(ArchitectureRules.packagePrivateBut(PACKAGE, "BatchingModule"));
  }

  @Test
  void module_knowsOnlyApi() {
    ArchitectureRules.strategyKnowsOnlyApi(PACKAGE).check(CLASSES);
    ArchitectureRules.guiceOnlyInInject().check(CLASSES);
    assertFails(noClasses().should().dependOnClassesThat().resideInAPackage("io.mpsparallel.work"));
  }
}
