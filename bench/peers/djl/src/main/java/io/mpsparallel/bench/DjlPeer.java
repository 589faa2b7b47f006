package io.mpsparallel.bench;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * DJL as its guide to threads says: one model, and for each thread a predictor and an input of its
 * own, which it uses again and again. Inputs and outputs are DJL's own arrays, without a
 * translator's work.
 */
final class DjlPeer implements Peer {
  private final Model model;
  private final NDManager manager = NDManager.newBaseManager();
  private final Map<Integer, Predictor<NDList, NDList>> predictors = new ConcurrentHashMap<>();
  private volatile float[] row = new float[0];

  DjlPeer(Path file) throws IOException, MalformedModelException {
    model = Model.newInstance("mlp", "PyTorch");
    model.load(file.toAbsolutePath().getParent(), file.getFileName().toString());
  }

  /**
   * Serves.
   *
   * @param args the file of the model, in TorchScript
   * @throws IOException if the file cannot be read
   * @throws MalformedModelException if it is no such model
   */
  public static void main(String[] args) throws IOException, MalformedModelException {
    PeerServer.serve(new DjlPeer(Path.of(args[0])));
  }

  @Override
  public String facts() {
    Engine engine = model.getNDManager().getEngine();
    return "DJL " + Engine.getDjlVersion() + ", libtorch " + engine.getVersion();
  }

  @Override
  public float[] answer(float[] values) {
    row = values.clone();
    try (NDList input = input();
        NDList output = predict(predictor(0), input)) {
      return output.singletonOrThrow().toFloatArray();
    }
  }

  @Override
  public LongConsumer caller(int number) {
    NDList input = input();
    Predictor<NDList, NDList> predictor = predictor(number);
    return request -> predict(predictor, input).close();
  }

  private NDList input() {
    return new NDList(manager.create(row, new Shape(1, row.length)));
  }

  private Predictor<NDList, NDList> predictor(int number) {
    return predictors.computeIfAbsent(
        number, first -> model.newPredictor(new NoopTranslator(null)));
  }

  private static NDList predict(Predictor<NDList, NDList> predictor, NDList input) {
    try {
      return predictor.predict(input);
    } catch (TranslateException e) {
      throw new IllegalStateException(e);
    }
  }
}
