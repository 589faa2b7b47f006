package io.mpsparallel.mps;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;

/**
 * A child's main class: sound models with some bytes flipped. They may load, and may then give
 * wrong numbers, as nobody compares checksums of weights; they may not crash. Before code and
 * pickles were compared, one of these did not come back from libtorch's load.
 */
final class FlippedModelFiles {
  private static final int TRIALS = 1500;

  private FlippedModelFiles() {}

  /**
   * Runs the group.
   *
   * @param arguments a directory to write to
   * @throws IOException if it cannot
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    BadCases cases = new BadCases();
    try (InferenceExecutor executor = InferenceExecutor.builder().build()) {
      trials(cases, executor, "zip", ModelForms.zip(directory));
      trials(cases, executor, "flatbuffer", ModelForms.flatbuffer(directory));
    }
    cases.end();
  }

  private static void trials(BadCases cases, InferenceExecutor executor, String form, Path good)
      throws IOException {
    byte[] sound = Files.readAllBytes(good);
    Random random = new Random(5);
    Map<io.mpsparallel.error.ErrorCode, Integer> codes =
        new EnumMap<>(io.mpsparallel.error.ErrorCode.class);
    int ran = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      byte[] flipped = sound.clone();
      for (int i = 0; i <= trial % 4; i++) {
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 + random.nextInt(255));
      }
      Path file = good.resolveSibling("flipped-" + good.getFileName());
      Files.deleteIfExists(file);
      Files.write(file, flipped);
      try (LoadedModel model = executor.load(file);
          Tensor x = Tensor.of(new float[8], 2, 4)) {
        model.infer(x).close();
        ran++;
      } catch (InferenceException e) {
        codes.merge(e.code(), 1, Integer::sum);
      }
    }
    cases.holds(
        form + ", flipped bytes", true, ran + " of " + TRIALS + " loaded and ran; else " + codes);
  }
}
