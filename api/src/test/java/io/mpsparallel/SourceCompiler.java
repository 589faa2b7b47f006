package io.mpsparallel;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** The JDK's compiler in this process, with the libraries of api. */
final class SourceCompiler {
  private static final Set<Class<?>> LIBRARIES =
      Set.of(
          InferenceExecutor.class,
          org.jspecify.annotations.NullMarked.class,
          org.slf4j.Logger.class,
          com.typesafe.config.Config.class,
          io.micrometer.core.instrument.MeterRegistry.class,
          io.github.resilience4j.circuitbreaker.CircuitBreaker.class,
          io.github.resilience4j.core.EventPublisher.class,
          com.google.inject.Module.class,
          jakarta.inject.Inject.class);

  private SourceCompiler() {}

  /** A source as text. */
  static JavaFileObject source(String name, String text) {
    URI uri = URI.create("string:///" + name.replace('.', '/') + ".java");
    return new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }

  /** Compiles, and tells everything that the compiler had to say. */
  static List<Diagnostic<? extends JavaFileObject>> compile(
      Path classes, List<String> options, Iterable<? extends JavaFileObject> sources)
      throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      files.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(classes));
      List<String> all =
          Stream.of(List.of("-proc:none", "-Xmaxwarns", "9999", "-cp", classPath()), options)
              .flatMap(List::stream)
              .toList();
      compiler.getTask(null, files, diagnostics, all, null, sources).call();
    }
    return diagnostics.getDiagnostics();
  }

  private static String classPath() {
    return LIBRARIES.stream()
        .map(SourceCompiler::location)
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
