package io.mpsparallel.mps;

import static io.mpsparallel.error.ErrorCode.MODEL_INVALID;
import static io.mpsparallel.error.ErrorCode.MODEL_NOT_FOUND;
import static io.mpsparallel.error.ErrorCode.UNSUPPORTED_VALUE;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** A child's main class: files that are no models, or no longer. */
final class BadModelFiles {
  private static final String EXPECTED = "(expected: TorchScript";

  private final BadCases cases = new BadCases();
  private final InferenceExecutor executor;
  private final Path directory;

  private BadModelFiles(InferenceExecutor executor, Path directory) {
    this.executor = executor;
    this.directory = directory;
  }

  /**
   * Runs the group.
   *
   * @param arguments a directory to write to
   * @throws IOException if it cannot
   */
  public static void main(String[] arguments) throws IOException {
    try (InferenceExecutor executor = InferenceExecutor.builder().build()) {
      BadModelFiles group = new BadModelFiles(executor, Path.of(arguments[0]));
      group.absent();
      group.foreign();
      group.damaged(ModelForms.zip(group.directory), "zip");
      group.damaged(ModelForms.flatbuffer(group.directory), "flatbuffer");
      group.zips();
      group.interfaces();
      group.cases.end();
    }
  }

  private void refuses(String name, ErrorCode code, String says, Path file) {
    cases.fails(name, code, says, () -> executor.load(file).close());
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes);
  }

  private void absent() throws IOException {
    refuses("missing", MODEL_NOT_FOUND, "no such file", directory.resolve("none.pt"));
    refuses("directory", MODEL_NOT_FOUND, "is a directory", directory);
    refuses("empty", MODEL_INVALID, "empty", write("empty.pt", new byte[0]));
    refuses("one byte", MODEL_INVALID, EXPECTED, write("one.pt", new byte[1]));
  }

  private void foreign() throws IOException {
    byte[] random = new byte[4096];
    new Random(7).nextBytes(random);
    refuses("random bytes", MODEL_INVALID, EXPECTED, write("random.pt", random));
    refuses("zeros", MODEL_INVALID, EXPECTED, write("zeros.pt", new byte[4096]));
    refuses("text", MODEL_INVALID, EXPECTED, write("text.pt", bytes("import torch\n")));
    byte[] onnx = bytes("\u0008\u0008\u0012\u0007pytorch\u001a\u00052.1.0:");
    refuses("onnx", MODEL_INVALID, "ONNX", write("m.onnx", onnx));
    byte[] tensors = bytes("@\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}");
    refuses("safetensors", MODEL_INVALID, "safetensors", write("m.safetensors", tensors));
    refuses("HDF5", MODEL_INVALID, "HDF5", write("m.h5", bytes("\u0089HDF\r\n\u001a\n\0\0\0\0")));
    byte[] pickle = bytes("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.");
    refuses("old pickle", MODEL_INVALID, "pickle", write("old.pt", pickle));
    byte[] fake = Arrays.copyOf(bytes("\u0018\0\0\0PTMF"), 4096);
    refuses("flatbuffer head only", MODEL_INVALID, "flatbuffer", write("fake.ff", fake));
  }

  private static byte[] bytes(String latin) {
    return latin.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Cut, and its beginning changed. */
  private void damaged(Path good, String form) throws IOException {
    executor.load(good).close();
    byte[] all = Files.readAllBytes(good);
    int n = all.length;
    for (int length : new int[] {3, 7, 8, 63, 64, 100, n / 4, n / 2, n - 100, n - 1}) {
      Path cut = write(length + "of-" + good.getFileName(), Arrays.copyOf(all, length));
      refuses(form + " cut to " + length + " of " + n, MODEL_INVALID, EXPECTED, cut);
    }
    for (int offset : new int[] {0, 1, 4, 5}) {
      byte[] changed = all.clone();
      changed[offset] ^= (byte) 0xff;
      Path file = write("head" + offset + "-" + good.getFileName(), changed);
      if (!form.equals("zip") || offset < 4) { // a zip's reader skips its version fields
        refuses(form + ", byte " + offset + " flipped", MODEL_INVALID, EXPECTED, file);
      }
    }
  }

  private void zips() throws IOException {
    Path good = ModelForms.zip(directory);
    byte[] noise = new byte[200];
    new Random(3).nextBytes(noise);
    Path nothing = directory.resolve("nothing.pt");
    ModelForms.writeZip(nothing, Map.of("readme.txt", bytes("hello")));
    refuses("zip without model", MODEL_INVALID, "zip archive without a model", nothing);
    Path weights = directory.resolve("weights.pt");
    ModelForms.writeZip(weights, Map.of("weights/data.pkl", bytes("\u0080\u0002}q\0.")));
    refuses("state dict", MODEL_INVALID, "torch.save", weights);
    for (String part : new String[] {"/data.pkl", "/constants.pkl", ".py", "/version"}) {
      Path changed = directory.resolve("bad" + part.replace('/', '-') + ".pt");
      ModelForms.rewriteZip(good, changed, name -> name.endsWith(part), noise);
      refuses("zip with garbage *" + part, MODEL_INVALID, EXPECTED, changed);
      Path emptied = directory.resolve("empty" + part.replace('/', '-') + ".pt");
      ModelForms.rewriteZip(good, emptied, name -> name.endsWith(part), new byte[0]);
      refuses("zip with empty *" + part, MODEL_INVALID, EXPECTED, emptied);
    }
    Map<String, byte[]> pickles = new LinkedHashMap<>();
    pickles.put("m/data.pkl", bytes("\u0080\u0002}q\0."));
    pickles.put("m/constants.pkl", bytes("\u0080\u0002)."));
    Path codeless = directory.resolve("codeless.pt");
    ModelForms.writeZip(codeless, pickles);
    refuses("zip without code", MODEL_INVALID, EXPECTED, codeless);
  }

  private void interfaces() {
    Path none = directory.resolve("encode.pt");
    ScriptModels.script(none, "def encode(self, x: Tensor) -> Tensor:\n  return x\n");
    refuses("no forward", MODEL_INVALID, "no method 'forward'", none);
    Path text = directory.resolve("text-input.pt");
    ScriptModels.script(text, "def forward(self, s: str, x: Tensor) -> Tensor:\n  return x\n");
    refuses("input of type str", UNSUPPORTED_VALUE, "input 's' is of type str", text);
    Path keys = directory.resolve("int-dict.pt");
    ScriptModels.script(
        keys, "def forward(self, d: Dict[int, Tensor]) -> Tensor:\n  return d[0]\n");
    refuses("input dict of int", UNSUPPORTED_VALUE, "input 'd' is of type Dict", keys);
  }
}
