package io.mpsparallel.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a stack of linear layers with ReLU between them as an ONNX file. The numbers of fields are
 * those of {@code onnx.proto}; each method writes the message that it is named after. Pure
 * functions, but for the file.
 */
final class OnnxMlp {
  /** The name of the input, whose first dimension is free. */
  static final String INPUT = "x";

  /** The name of the output. */
  static final String OUTPUT = "y";

  private static final int IR_VERSION = 8; // what came with opset 17
  private static final int OPSET = 17;
  private static final int FLOAT = 1; // TensorProto.DataType
  private static final int INT = 2; // AttributeProto.AttributeType

  private OnnxMlp() {}

  /**
   * Writes.
   *
   * @param file where to
   * @param weights for each layer its matrix, one row for each of its outputs, and then its bias
   * @param widths the size of the input, of each hidden layer, and of the output
   * @return the file
   */
  static Path write(Path file, List<float[]> weights, int... widths) {
    try {
      return Files.write(file, model(weights, widths).toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ProtoMessage model(List<float[]> weights, int... widths) {
    ProtoMessage opset = new ProtoMessage().text(1, "").integer(2, OPSET);
    return new ProtoMessage()
        .integer(1, IR_VERSION)
        .text(2, "mps-parallel-bench")
        .message(7, graph(weights, widths))
        .message(8, opset);
  }

  private static ProtoMessage graph(List<float[]> weights, int... widths) {
    int layers = widths.length - 1;
    ProtoMessage graph = new ProtoMessage();
    String value = INPUT;
    for (int layer = 1; layer <= layers; layer++) {
      String sum = layer == layers ? OUTPUT : "sum" + layer;
      graph.message(1, gemm(value, "w" + layer, "b" + layer, sum));
      if (layer < layers) {
        value = "relu" + layer;
        graph.message(1, node("Relu", value, sum));
      }
    }
    graph.text(2, "mlp");
    for (int layer = 1; layer <= layers; layer++) {
      int outputs = widths[layer];
      float[] matrix = weights.get(2 * layer - 2);
      graph.message(5, tensor("w" + layer, matrix, outputs, widths[layer - 1]));
      graph.message(5, tensor("b" + layer, weights.get(2 * layer - 1), outputs));
    }
    return graph
        .message(11, valueInfo(INPUT, widths[0]))
        .message(12, valueInfo(OUTPUT, widths[layers]));
  }

  /** {@code sum = value * transposed(matrix) + bias}. */
  private static ProtoMessage gemm(String value, String matrix, String bias, String sum) {
    ProtoMessage transposed = new ProtoMessage().text(1, "transB").integer(3, 1).integer(20, INT);
    return node("Gemm", sum, value, matrix, bias).message(5, transposed);
  }

  private static ProtoMessage node(String operator, String output, String... inputs) {
    ProtoMessage node = new ProtoMessage();
    for (String input : inputs) {
      node.text(1, input);
    }
    return node.text(2, output).text(3, operator + " " + output).text(4, operator);
  }

  private static ProtoMessage tensor(String name, float[] values, int... shape) {
    ProtoMessage tensor = new ProtoMessage();
    for (int size : shape) {
      tensor.integer(1, size);
    }
    ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES);
    raw.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return tensor.integer(2, FLOAT).text(8, name).bytes(9, raw.array());
  }

  private static ProtoMessage valueInfo(String name, int width) {
    ProtoMessage rows = new ProtoMessage().text(2, "rows"); // a name stands for any size
    ProtoMessage columns = new ProtoMessage().integer(1, width);
    ProtoMessage shape = new ProtoMessage().message(1, rows).message(1, columns);
    ProtoMessage tensor = new ProtoMessage().integer(1, FLOAT).message(2, shape);
    return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
  }
}
