package io.mpsparallel.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.function.LongConsumer;

/** ONNX Runtime: one session that threads share, each with an input of its own. */
final class OnnxRuntimePeer implements Peer {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private volatile float[] row = new float[0];

  OnnxRuntimePeer(String file, int intraOp, boolean spinning) throws OrtException {
    SessionOptions options = new SessionOptions();
    options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
    options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
    options.setInterOpNumThreads(1);
    options.setIntraOpNumThreads(intraOp);
    options.addConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
    session = environment.createSession(file, options);
  }

  /**
   * Serves.
   *
   * @param args the file of the model; threads of a forward, its caller included; and whether
   *     threads of the session spin for work, {@code true} or {@code false}
   * @throws OrtException if the model cannot be loaded
   */
  public static void main(String[] args) throws OrtException {
    int intraOp = Integer.parseInt(args[1]);
    PeerServer.serve(new OnnxRuntimePeer(args[0], intraOp, Boolean.parseBoolean(args[2])));
  }

  @Override
  public String facts() {
    return "ONNX Runtime " + environment.getVersion();
  }

  @Override
  public float[] answer(float[] values) {
    row = values.clone();
    try (OnnxTensor input = input();
        OrtSession.Result result = session.run(Map.of(OnnxMlp.INPUT, input))) {
      return ((float[][]) result.get(0).getValue())[0];
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public LongConsumer caller(int number) {
    Map<String, OnnxTensor> inputs = Map.of(OnnxMlp.INPUT, input());
    return request -> run(inputs);
  }

  private void run(Map<String, OnnxTensor> inputs) {
    try {
      session.run(inputs).close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private OnnxTensor input() {
    FloatBuffer direct =
        ByteBuffer.allocateDirect(row.length * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    direct.put(row).flip();
    try {
      return OnnxTensor.createTensor(environment, direct, new long[] {1, row.length});
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
