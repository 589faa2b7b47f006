package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.inject.ExecutorModule;
import io.mpsparallel.mps.MpsBackendModule;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.threads.ThreadsModule;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of the README, run as it stands there, and what else the pages promise. */
@Timeout(120)
final class ReadmeExampleTest {
  private static final Path ROOT = Path.of("..");
  private static final Path README = ROOT.resolve("README.md");
  private static final Path THIS =
      Path.of("src/test/java/io/mpsparallel/cli/ReadmeExampleTest.java");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");

  @TempDir private Path folder;

  private static List<float[]> example(Path file, float[] row) {
    // [README
    List<float[]> scores = new ArrayList<>();
    Injector injector =
        Guice.createInjector(
            new ExecutorModule(ConfigFactory.load()), new MpsBackendModule(), new ThreadsModule());
    try (InferenceExecutor executor = injector.getInstance(InferenceExecutor.class);
        LoadedModel model = executor.load(file);
        Tensor input = Tensor.of(row, 1, row.length)) {
      // Waits for the answer; the input is borrowed until then.
      try (InferenceResult one = model.infer(input)) {
        scores.add(one.tensor().toFloatArray());
      }
      // Returns at once, and takes its input over: share() keeps ours.
      CompletableFuture<InferenceResult> later = model.submit(input.share());
      try (InferenceResult two = later.join()) {
        scores.add(two.tensor().toFloatArray());
      }
      // Waits for all, a bounded number at a time; answers come in the order of the inputs.
      try (ResultList all = model.map(List.of(input.share(), input.share()))) {
        all.forEach(each -> scores.add(each.tensor().toFloatArray()));
      }
    }
    // README]
    return scores;
  }

  @Test
  void example_onARealModel_answersEachCall() {
    Path file = ScriptModels.script(folder.resolve("twice.pt"), TWICE);

    List<float[]> scores = example(file, new float[] {1, -2, 3.5f});

    assertThat(scores).hasSize(4);
    assertThat(scores).allSatisfy(each -> assertThat(each).containsExactly(2, -4, 7));
  }

  private static final String TWICE = "def forward(self, x: Tensor) -> Tensor:\n  return x * 2\n";

  @Test
  void example_isInTheReadmeWordForWord() throws IOException {
    List<String> code = between(Files.readAllLines(THIS), "// [README", "// README]");
    List<String> shown = between(Files.readAllLines(README), "```java", "```");

    assertThat(code).hasSizeGreaterThan(10);
    assertThat(shown).isEqualTo(code);
  }

  /** The lines between two marks, without what is blank at either end of them. */
  private static List<String> between(List<String> lines, String begin, String end) {
    List<String> stripped = lines.stream().map(String::strip).toList();
    int from = stripped.indexOf(begin) + 1;
    assertThat(from).as(begin).isPositive();
    List<String> rest = stripped.subList(from, stripped.size());
    assertThat(rest).as(end).contains(end);
    return rest.subList(0, rest.indexOf(end));
  }

  @Test
  void readme_isShort() throws IOException {
    assertThat(Files.readAllLines(README)).hasSizeLessThanOrEqualTo(80);
  }

  @Test
  void links_leadToFilesThatExist() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : pages()) {
      for (String target : relativeLinks(page)) {
        links++;
        if (!Files.exists(page.resolveSibling(target))) {
          broken.add(page + " -> " + target);
        }
      }
    }
    assertThat(links).as("links found").isGreaterThan(10);
    assertThat(broken).isEmpty();
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      return Stream.concat(top, docs).filter(p -> p.toString().endsWith(".md")).toList();
    }
  }

  private static List<String> relativeLinks(Path page) throws IOException {
    return LINK.matcher(Files.readString(page))
        .results()
        .map(found -> found.group(1))
        .filter(target -> !target.contains("://"))
        .toList();
  }
}
