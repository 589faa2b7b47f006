package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything public or protected is documented. The build itself leaves this out, because javac
 * asks for a comment and for tags on the compact constructor of a record as well, which has both on
 * its record.
 */
class JavadocTest {
  private static final List<String> DOCLINT = List.of("-Xdoclint:all/protected");
  private static final Pattern COMPACT_CONSTRUCTOR = Pattern.compile("\\s*public \\w+ \\{\\s*");

  @TempDir Path classes;

  private static List<String> complaints(Path classes, Iterable<? extends JavaFileObject> sources)
      throws IOException {
    Stream<String> compilers =
        SourceCompiler.compile(classes, DOCLINT, sources).stream()
            .filter(diagnostic -> !isExcused(diagnostic))
            .map(Object::toString);
    return Stream.concat(compilers, undocumentedComponents(sources).stream()).toList();
  }

  /** What javac asks for at the compact constructor only: tags for components, at the record. */
  private static List<String> undocumentedComponents(Iterable<? extends JavaFileObject> sources)
      throws IOException {
    JavacTask parser =
        (JavacTask)
            ToolProvider.getSystemJavaCompiler().getTask(null, null, null, null, null, sources);
    DocTrees docs = DocTrees.instance(parser);
    List<String> missing = new ArrayList<>();
    TreePathScanner<Void, Void> scanner =
        new TreePathScanner<>() {
          @Override
          public Void visitClass(ClassTree type, Void unused) {
            if (type.getKind() == Tree.Kind.RECORD
                && type.getModifiers().getFlags().contains(Modifier.PUBLIC)) {
              String comment = String.valueOf(docs.getDocComment(getCurrentPath()));
              components(type)
                  .filter(name -> !comment.contains("@param " + name + " "))
                  .forEach(name -> missing.add(type.getSimpleName() + ": no @param for " + name));
            }
            return super.visitClass(type, null);
          }
        };
    parser.parse().forEach(unit -> scanner.scan(unit, null));
    return missing;
  }

  private static Stream<String> components(ClassTree type) {
    return type.getMembers().stream()
        .filter(VariableTree.class::isInstance)
        .map(VariableTree.class::cast)
        .filter(field -> !field.getModifiers().getFlags().contains(Modifier.STATIC))
        .map(field -> field.getName().toString());
  }

  private static boolean isExcused(Diagnostic<? extends JavaFileObject> diagnostic) {
    String message = diagnostic.getMessage(Locale.ENGLISH);
    return (message.startsWith("no comment") || message.startsWith("no @param"))
        && COMPACT_CONSTRUCTOR.matcher(lineOf(diagnostic)).matches();
  }

  private static String lineOf(Diagnostic<? extends JavaFileObject> diagnostic) {
    try {
      String text = diagnostic.getSource().getCharContent(true).toString();
      return text.lines().skip(diagnostic.getLineNumber() - 1).findFirst().orElse("");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void api_everythingPublic_isDocumented() throws IOException {
    Path main = Path.of("src", "main", "java");
    try (Stream<Path> tree = Files.walk(main);
        var files = ToolProvider.getSystemJavaCompiler().getStandardFileManager(null, null, null)) {
      List<Path> sources = tree.filter(file -> file.toString().endsWith(".java")).toList();
      assertThat(sources).hasSizeGreaterThan(40);
      assertThat(complaints(classes, files.getJavaFileObjectsFromPaths(sources))).isEmpty();
    }
  }

  private List<String> complaintsAbout(String text) throws IOException {
    return complaints(classes, List.of(SourceCompiler.source("Sample", text)));
  }

  @Test
  void sample_withoutComments_isFound() throws IOException {
    assertThat(complaintsAbout("/** A class. */\npublic class Sample {\n  public int bare;\n}"))
        .anySatisfy(text -> assertThat(text).contains("no comment"));
  }

  @Test
  void sample_withoutTags_isFound() throws IOException {
    String head = "/** A class. */\npublic final class Sample {\n  private Sample() {}\n\n";
    assertThat(complaintsAbout(head + "  /** A. */\n  public static int m(int a) { return a; }\n}"))
        .anySatisfy(text -> assertThat(text).contains("no @param for a"))
        .anySatisfy(text -> assertThat(text).contains("no @return"));
  }

  @Test
  void sample_record_needsTagsOnTheRecordButNotOnItsCompactConstructor() throws IOException {
    String body = "public record Sample(int a) {\n  // Checks.\n  public Sample {\n  }\n}";
    assertThat(complaintsAbout("/**\n * A record.\n *\n * @param a a number\n */\n" + body))
        .isEmpty();
    assertThat(complaintsAbout("/** A record. */\n" + body))
        .anySatisfy(text -> assertThat(text).contains("no @param for a"));
  }
}
