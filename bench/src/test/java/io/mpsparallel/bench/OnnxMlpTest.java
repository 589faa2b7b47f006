package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OnnxMlpTest {
  private static final List<float[]> WEIGHTS =
      List.of(
          new float[] {1, 2, 3, 4, 5, 6}, new float[] {7, 8, 9},
          new float[] {10, 11, 12}, new float[] {13.5f});

  @TempDir private Path folder;
  private ProtoFields model;
  private ProtoFields graph;

  @BeforeEach
  void write() throws IOException {
    Path file = OnnxMlp.write(folder.resolve("small.onnx"), WEIGHTS, 2, 3, 1);
    model = new ProtoFields(Files.readAllBytes(file));
    graph = model.messages(7).get(0);
  }

  @Test
  void message_isAsTheFormatsOwnExamples() {
    ProtoMessage inner = new ProtoMessage().integer(1, 150);
    byte[] all = new ProtoMessage().text(2, "testing").message(3, inner).toByteArray();

    assertThat(inner.toByteArray()).containsExactly(0x08, 0x96, 0x01);
    assertThat(all).startsWith(0x12, 0x07, 't', 'e', 's', 't', 'i', 'n', 'g');
    assertThat(all).endsWith(0x1a, 0x03, 0x08, 0x96, 0x01);
  }

  @Test
  void integers_haveSevenBitsInAByte() {
    long[] some = {0, 1, 127, 128, 255, 16_383, 16_384, Integer.MAX_VALUE, Long.MAX_VALUE};
    ProtoMessage message = new ProtoMessage();
    for (long value : some) {
      message.integer(200, value);
    }

    assertThat(new ProtoFields(message.toByteArray()).integers(200))
        .containsExactly(Arrays.stream(some).boxed().toArray(Long[]::new));
  }

  @Test
  void model_saysItsVersions() {
    assertThat(model.integers(1)).containsExactly(8L);
    assertThat(model.messages(8).get(0).integers(2)).containsExactly(17L);
  }

  @Test
  void nodes_formAChainFromInputToOutput() {
    List<ProtoFields> nodes = graph.messages(1);

    assertThat(nodes)
        .extracting(node -> node.texts(4).get(0))
        .containsExactly("Gemm", "Relu", "Gemm");
    assertThat(nodes)
        .extracting(node -> node.texts(1))
        .containsExactly(List.of("x", "w1", "b1"), List.of("sum1"), List.of("relu1", "w2", "b2"));
    assertThat(nodes)
        .extracting(node -> node.texts(2).get(0))
        .containsExactly("sum1", "relu1", "y");
    ProtoFields attribute = nodes.get(0).messages(5).get(0);
    assertThat(attribute.texts(1)).containsExactly("transB");
    assertThat(attribute.integers(3)).containsExactly(1L);
    assertThat(attribute.integers(20)).containsExactly(2L);
  }

  @Test
  void weights_haveNamesShapesAndLittleEndianValues() {
    List<ProtoFields> tensors = graph.messages(5);

    assertThat(tensors)
        .extracting(tensor -> tensor.texts(8).get(0))
        .containsExactly("w1", "b1", "w2", "b2");
    assertThat(tensors)
        .extracting(tensor -> tensor.integers(1))
        .containsExactly(List.of(3L, 2L), List.of(3L), List.of(1L, 3L), List.of(1L));
    assertThat(tensors).allSatisfy(each -> assertThat(each.integers(2)).containsExactly(1L));
    assertThat(tensors.get(3).bytes(9).get(0)).containsExactly(0x00, 0x00, 0x58, 0x41); // 13.5
  }

  @Test
  void inputAndOutput_haveAnyNumberOfRows() {
    assertThat(shapeOf(graph.messages(11).get(0), "x").integers(1)).containsExactly(2L);
    assertThat(shapeOf(graph.messages(12).get(0), "y").integers(1)).containsExactly(1L);
  }

  /** The second dimension, once all before it is as it should be. */
  private static ProtoFields shapeOf(ProtoFields value, String name) {
    assertThat(value.texts(1)).containsExactly(name);
    ProtoFields tensor = value.messages(2).get(0).messages(1).get(0);
    assertThat(tensor.integers(1)).containsExactly(1L);
    List<ProtoFields> dimensions = tensor.messages(2).get(0).messages(1);
    assertThat(dimensions).hasSize(2);
    assertThat(dimensions.get(0).texts(2)).containsExactly("rows");
    return dimensions.get(1);
  }
}
