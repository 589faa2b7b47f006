package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every native method that this module calls is in the library for Apple computers: a binding that
 * is missing there would be seen on a Mac only, and no build here runs on one.
 */
class MpsSymbolsTest {
  private static final Path JAR = Path.of("target", "mac", "pytorch-macosx-arm64.jar");
  private static final String LIBRARY = "org/bytedeco/pytorch/macosx-arm64/libjnitorch.dylib";

  private static Set<String> exported;
  private static JavaClasses own;

  @BeforeAll
  static void readLibraryAndCalls() throws IOException {
    exported = exportedNames();
    own =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.mpsparallel.mps", "org.bytedeco.pytorch");
  }

  /** All strings of the library that look like the name of a native method. */
  private static Set<String> exportedNames() throws IOException {
    byte[] bytes;
    try (ZipFile zip = new ZipFile(JAR.toFile());
        InputStream in = zip.getInputStream(zip.getEntry(LIBRARY))) {
      bytes = in.readAllBytes();
    }
    Set<String> names = new TreeSet<>();
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        if (i - start > 8 && bytes[start] == '_' && bytes[start + 1] == 'J') {
          names.add(new String(bytes, start, i - start, StandardCharsets.ISO_8859_1));
        }
        start = i + 1;
      }
    }
    return names;
  }

  private static Set<String> calledSymbols() {
    Set<String> symbols = new TreeSet<>();
    for (JavaClass type : own) {
      if (type.getPackageName().equals("io.mpsparallel.mps")
          && !type.getFullName().startsWith("io.mpsparallel.mps.Cuda")) {
        java.util.stream.Stream.concat(
                type.getCodeUnitCallsFromSelf().stream(),
                type.getCodeUnitReferencesFromSelf().stream())
            .flatMap(call -> call.getTarget().resolveMember().stream())
            .flatMap(MpsSymbolsTest::natives)
            .forEach(symbols::add);
      }
    }
    return symbols;
  }

  /** The symbol of a native method; of a constructor, those of the native methods it calls. */
  private static java.util.stream.Stream<String> natives(JavaCodeUnit unit) {
    if (!unit.getOwner().getPackageName().startsWith("org.bytedeco.pytorch")) {
      return java.util.stream.Stream.empty();
    }
    if (unit.getModifiers().contains(JavaModifier.NATIVE)) {
      return java.util.stream.Stream.of(symbol(unit));
    }
    return unit.getCallsFromSelf().stream()
        .flatMap(call -> call.getTarget().resolveMember().stream())
        .filter(callee -> callee.getModifiers().contains(JavaModifier.NATIVE))
        .filter(callee -> callee.getOwner().equals(unit.getOwner()))
        .map(MpsSymbolsTest::symbol);
  }

  /** The JNI name, as a Mach-O symbol; with its signature where native methods are overloaded. */
  private static String symbol(JavaCodeUnit unit) {
    String name = "_Java_" + mangled(unit.getOwner().getName()) + "_" + mangled(unit.getName());
    boolean overloaded =
        unit.getOwner().getMethods().stream()
                .filter(m -> m.getName().equals(unit.getName()))
                .filter(m -> m.getModifiers().contains(JavaModifier.NATIVE))
                .count()
            > 1;
    if (!overloaded) {
      return name;
    }
    StringBuilder parameters = new StringBuilder();
    unit.getRawParameterTypes().forEach(p -> parameters.append(descriptor(p.getName())));
    return name + "__" + mangled(parameters.toString());
  }

  private static String descriptor(String type) {
    return switch (type) {
      case "boolean" -> "Z";
      case "byte" -> "B";
      case "short" -> "S";
      case "int" -> "I";
      case "long" -> "J";
      case "float" -> "F";
      case "double" -> "D";
      default -> type.startsWith("[") ? type : "L" + type + ";";
    };
  }

  private static String mangled(String text) {
    return text.replace("_", "_1")
        .replace(";", "_2")
        .replace("[", "_3")
        .replace("$", "_00024")
        .replace('.', '_');
  }

  @Test
  void everyNativeMethodThatIsCalled_isInTheMacLibrary() {
    Set<String> called = calledSymbols();
    System.out.println(called.size() + " native methods are called on the way to MPS");
    assertThat(called).hasSizeGreaterThan(50);
    assertThat(called)
        .contains(
            "_Java_org_bytedeco_pytorch_MPSHooksInterface_recordEvent",
            "_Java_org_bytedeco_pytorch_MPSHooksInterface_acquireEvent");
    called.removeAll(exported);
    assertThat(called).as("missing in the library for macosx-arm64").isEmpty();
  }

  @Test
  void methodThatIsMadeUp_isReportedMissing() {
    assertThat(exported).contains("_Java_org_bytedeco_pytorch_MPSHooksInterface_recordEvent");
    assertThat(exported).doesNotContain("_Java_org_bytedeco_pytorch_MPSHooksInterface_recordEven");
    assertThat(exported).doesNotContain("_Java_org_bytedeco_pytorch_MPSHooksInterface_madeUp");
  }

  @Test
  void mpsDriver_isAmongTheExaminedClasses() {
    assertThat(own.contain(MpsDriver.class)).isTrue();
    assertThat(own.contain(TorchSlot.class)).isTrue();
  }
}
