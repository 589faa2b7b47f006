package io.mpsparallel.config;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelDescriptionTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("net.json");
  }

  private ModelDescription describe(String json) throws IOException {
    return ModelDescription.read(Files.writeString(file, json));
  }

  private Signature read(String json) throws IOException {
    return describe(json).declared();
  }

  @Test
  void read_everything_isDeclared() throws IOException {
    Signature signature =
        read(
            """
            { "inputs": [
                { "name": "ids", "dtype": "int64", "shape": [-1, 8], "range": [0, 30521] },
                { "name": "mask", "optional": true } ],
              "outputs": [ "last", "pooled" ] }
            """);
    assertThat(signature.inputs())
        .containsExactly(
            InputSpec.of("ids", DType.INT64, -1, 8).withRange(new IndexRange(0, 30521)),
            InputSpec.named("mask").optional());
    assertThat(signature.outputs()).containsExactly("last", "pooled");
  }

  @Test
  void read_independentRows_isAStatementOfItsOwn() throws IOException {
    assertThat(read("{\"independent-rows\": true}").independentRows()).isTrue();
    assertThat(read("{\"independent-rows\": false}")).isEqualTo(Signature.UNKNOWN);
    assertFails(
        ErrorCode.CONFIG_INVALID, () -> read("{\"rows\": 1}"), "rows: there is no such key");
  }

  @Test
  void read_emptyObject_declaresNothing() throws IOException {
    assertThat(describe("{}"))
        .isEqualTo(new ModelDescription(Signature.UNKNOWN, WarmUp.NONE, Padding.NONE));
  }

  @Test
  void read_warmUp_isAListOfCases() throws IOException {
    String json =
        """
        { "warm-up": [ { "ids": [1, 32], "pair.0": [] }, { "ids": [8, 32], "a \\"b\\"": [2] } ] }
        """;
    assertThat(describe(json).warmUp())
        .isEqualTo(
            WarmUp.of(
                List.of(
                    Map.of("ids", new long[] {1, 32}, "pair.0", new long[0]),
                    Map.of("ids", new long[] {8, 32}, "a \"b\"", new long[] {2}))));
    assertThat(describe("{\"warm-up\": []}").warmUp()).isSameAs(WarmUp.NONE);
  }

  @Test
  void read_padding_isASetOfRules() throws IOException {
    String json =
        """
        { "padding": {
            "lengths": [16, 32],
            "inputs": { "ids": { "dim": 1, "value": 0 }, "a.b": { "dim": 2, "value": -0.5 } },
            "mask": "mask",
            "outputs": { "last": { "dim": 1 }, "pooled": {} } } }
        """;
    assertThat(describe(json).padding())
        .isEqualTo(
            Padding.to(16, 32)
                .input("ids", 1, 0)
                .input("a.b", 2, -0.5)
                .mask("mask")
                .output("last", 1)
                .output("pooled"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | lengths",
        "{\"lengths\": [4, 2], \"inputs\": {}} | json: padding.lengths: [4, 2] (expected: rising",
        "{\"lengths\": 4} | padding.lengths",
        "{\"lengths\": [4], \"length\": 4} | json: padding.length: there is no such key",
        "{\"lengths\": [4], \"outputs\": {}} | padding.inputs",
        "{\"lengths\": [4], \"inputs\": {}} | padding.outputs",
        "{\"lengths\": [4], \"inputs\": {\"x\": {\"dim\": 1}}} | padding.inputs.x.value",
        "{\"lengths\": [4], \"inputs\": {\"x\": {\"value\": 1}}} | padding.inputs.x.dim",
        "{\"lengths\": [4], \"inputs\": {\"x\": {\"dim\": 0, \"value\": 0}}} |"
            + " padding.inputs.x.dim: 0",
        "{\"lengths\": [4], \"inputs\": {\"x\": {\"dim\": 1, \"value\": 0, \"a\": 1}}} |"
            + " inputs.x.a: there",
        "{\"lengths\": [4], \"inputs\": {\"x\": 1}} | padding.inputs.x",
        "{\"lengths\": [4], \"inputs\": {}, \"outputs\": {\"y\": {\"d\": 1}}} |"
            + " padding.outputs.y.d: there",
        "{\"lengths\": [4], \"inputs\": {}, \"outputs\": {\"y\": {\"dim\": -1}}} | outputs.y.dim:"
            + " -1",
        "{\"lengths\": [4], \"inputs\": {}, \"outputs\": {}, \"mask\": {}} | padding.mask"
      })
  void read_mistakeInPadding_isReportedWithFileAndKey(String padding, String expected) {
    String json = "{\"padding\": " + padding + "}";
    assertFails(ErrorCode.CONFIG_INVALID, () -> read(json), file.toString(), expected);
  }

  @Test
  void read_notOptional_isRequired() throws IOException {
    Signature signature = read("{\"inputs\": [{\"name\": \"x\", \"optional\": false}]}");
    assertThat(signature.inputs()).containsExactly(InputSpec.named("x"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"inputs\": [{\"dtype\": \"int8\"}]} | name",
        "{\"inputs\": [{\"name\": \"x\", \"dtype\": \"int9\"}]} | dtype: 'int9' (expected one of:",
        "{\"inputs\": [{\"name\": \"x\", \"shape\": [-2]}]} | input 'x': shape [-2]",
        "{\"inputs\": [{\"name\": \"x\", \"shape\": \"2\"}]} | shape",
        "{\"inputs\": [{\"name\": \"x\", \"range\": [1]}]} | range: [1] (expected: [smallest,",
        "{\"inputs\": [{\"name\": \"x\", \"range\": [2, 1]}]} | range: [2, 1] is empty",
        "{\"inputs\": {\"name\": \"x\"}} | inputs",
        "{\"outputs\": [{}]} | outputs",
        "{\"warm-up\": {\"x\": [1]}} | warm-up",
        "{\"warm-up\": [[1, 2]]} | warm-up",
        "{\"warm-up\": [{\"x\": 1}]} | x",
        "{\"warm-up\": [{\"x\": null}]} | x",
        "{\"warm-up\": [{}]} | json: warm-up[0]: {} (expected: the shape of each input)",
        "{\"warm-up\": [{\"x\": [-1]}]} | json: warm-up[0]: input 'x': shape [-1] (expected: 1",
        "{\"inputs\": [ | net.json"
      })
  void read_mistake_isReportedWithTheFile(String json, String expected) {
    assertFails(ErrorCode.CONFIG_INVALID, () -> read(json), file.toString(), expected);
  }

  @Test
  void read_missingFile_isATypedError() {
    assertFails(ErrorCode.CONFIG_INVALID, () -> ModelDescription.read(file), file.toString());
  }

  @ParameterizedTest
  @CsvSource({"net.pt, net.json", "net.v1.pt, net.v1.json", "net, net.json", ".net, .net.json"})
  void beside_descriptionThere_isDeclared(String model, String description) throws IOException {
    Files.writeString(
        directory.resolve(description),
        """
        {"inputs": [{"name": "x"}], "warm-up": [{"x": [2]}],
         "padding": {"lengths": [8], "inputs": {"x": {"dim": 1, "value": 0}}, "outputs": {}}}
        """);
    ModelSource source = ModelDescription.beside(directory.resolve(model));
    assertThat(source.declared().inputs()).containsExactly(InputSpec.named("x"));
    assertThat(source.warmUp()).isEqualTo(WarmUp.of(List.of(Map.of("x", new long[] {2}))));
    assertThat(source.padding()).isEqualTo(Padding.to(8).input("x", 1, 0));
    assertThat(source.path()).isEqualTo(directory.resolve(model).toAbsolutePath());
  }

  @Test
  void beside_noDescription_declaresNothing() throws IOException {
    Path model = directory.resolve("net.pt");
    assertThat(ModelDescription.beside(model).declared()).isEqualTo(Signature.UNKNOWN);
    Files.createDirectory(file); // a directory is no description
    assertThat(ModelDescription.beside(model).declared()).isEqualTo(Signature.UNKNOWN);
  }
}
