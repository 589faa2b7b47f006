package io.mpsparallel.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** The promises of the module as a whole; each rule is also shown to be able to fail. */
final class ModuleTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.mpsparallel.cli");

  private static ArchRule nothingPublicBut(Class<?> entry) {
    return classes()
        .that()
        .areTopLevelClasses()
        .and()
        .doNotHaveFullyQualifiedName(entry.getName())
        .should()
        .notBePublic();
  }

  private static ArchRule nothingFrom(String pack) {
    return noClasses().should().dependOnClassesThat().resideInAPackage(pack);
  }

  @Test
  void main_isAllThatIsPublic() {
    assertThat(CLASSES.contain(Main.class)).isTrue();
    nothingPublicBut(Main.class).check(CLASSES);
    assertThatThrownBy(() -> nothingPublicBut(Engines.class).check(CLASSES))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void natives_areLeftToTheirModule() {
    nothingFrom("org.bytedeco..").check(CLASSES);
    assertThatThrownBy(() -> nothingFrom("io.mpsparallel.mps..").check(CLASSES))
        .isInstanceOf(AssertionError.class);
  }
}
