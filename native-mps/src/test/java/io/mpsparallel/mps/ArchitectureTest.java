package io.mpsparallel.mps;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.mpsparallel.testing.ArchitectureRules;
import org.junit.jupiter.api.Test;

/** The shape of this module; each rule is also shown to be able to fail. */
class ArchitectureTest {
  private static final JavaClasses CLASSES = ArchitectureRules.mainClasses("io.mpsparallel.mps");
  private static final String API = "io.mpsparallel";

  @Test
  void entries_areAllThatIsPublic() {
    assertThat(CLASSES.contain(TorchBackend.class)).isTrue();
    ArchitectureRules.packagePrivateBut(
            "io.mpsparallel.mps", "MpsBackendModule", "TorchBackendProvider", "ScriptModels")
        .check(CLASSES);
    assertFails(
        ArchitectureRules.packagePrivateBut("io.mpsparallel.mps", "MpsBackendModule"), CLASSES);
  }

  @Test
  void module_knowsOnlyTheLowerHalfOfApi() {
    ArchRule rule =
        noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                API, API + ".config", API + ".policy", API + ".work", API + ".strategy");
    rule.check(CLASSES);
    assertFails(
        noClasses().should().dependOnClassesThat().resideInAPackage(API + ".tensor"), CLASSES);
  }

  @Test
  void primitives_knowNoNatives() {
    ArchRule rule = noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco..");
    rule.check(
        new ClassFileImporter()
            .importClasses(
                StreamPool.class,
                EncodeGate.class,
                CommitPolicy.class,
                EventPool.class,
                PooledEvent.class,
                BufferPool.class,
                LaneCache.class,
                Block.class,
                GraphCache.class,
                NativeHandle.class,
                PathChooser.class,
                RowBuckets.class,
                ModelFile.class,
                ScriptType.class));
    assertFails(rule, new ClassFileImporter().importClasses(TorchStream.class));
  }

  @Test
  void cuda_isTouchedByItsDriverAndRecorderAlone() {
    ArchRule rule =
        noClasses()
            .that()
            .haveNameNotMatching(".*\\.Cuda(Driver|GraphRecorder)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.bytedeco.cuda..", "org.bytedeco.pytorch.cuda..");
    rule.check(CLASSES);
    assertFails(
        noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco.cuda.."),
        CLASSES);
  }

  @Test
  void logging_goesThroughSlf4j() {
    ArchitectureRules.noJavaUtilLogging().check(CLASSES);
    ArchitectureRules.noStandardStreams().check(CLASSES);
    assertFails(
        ArchitectureRules.noStandardStreams(),
        new ClassFileImporter().importClasses(LeakTest.class));
  }

  private static void assertFails(ArchRule rule, JavaClasses classes) {
    assertThatThrownBy(() -> rule.check(classes)).isInstanceOf(AssertionError.class);
  }
}
