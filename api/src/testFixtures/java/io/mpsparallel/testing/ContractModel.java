package io.mpsparallel.testing;

/**
 * The models that {@link BackendContract} and {@link StrategyContract} need. All but {@link #ADD}
 * have one input, {@code x}.
 */
public enum ContractModel {
  /** Returns x. Any dtype, any shape. */
  IDENTITY("x: Tensor", "Tensor", "return x"),
  /** Returns x * x. float32, any shape. */
  SQUARE("x: Tensor", "Tensor", "return x * x"),
  /** Returns a + b, of the inputs a and b. Raises if their shapes do not broadcast. */
  ADD("a: Tensor, b: Tensor", "Tensor", "return a + b"),
  /** Returns the tuple (x, x * x). */
  TUPLE("x: Tensor", "Tuple[Tensor, Tensor]", "return (x, x * x)"),
  /** Returns the list [x, x * x]. */
  LIST("x: Tensor", "List[Tensor]", "return [x, x * x]"),
  /** Returns the dict {"same": x, "square": x * x}. */
  DICT("x: Tensor", "Dict[str, Tensor]", "return {'same': x, 'square': x * x}"),
  /** Raises an error. */
  RAISING("x: Tensor", "Tensor", "assert False, 'boom'", "return x"),
  /** Returns the first row of x alone: as many rows as no batch expects. */
  FIRST_ROW("x: Tensor", "Tensor", "return x[0:1]");

  private final String script;

  ContractModel(String inputs, String outputs, String... lines) {
    String head = "def forward(self, " + inputs + ") -> " + outputs + ":";
    script = head + "\n  " + String.join("\n  ", lines) + "\n";
  }

  /** {@return the model as TorchScript source, for engines that run such} */
  public String script() {
    return script;
  }

  /**
   * A model that returns x after a while, as TorchScript source.
   *
   * @param loops for how long: each is about a tenth of a millisecond on a CPU
   * @return the source
   */
  public static String slowScript(int loops) {
    return """
    def forward(self, x: Tensor) -> Tensor:
      y = x
      for i in range(%d):
        y = x + i
      return y - y + x
    """
        .formatted(40 * (long) loops);
  }

  /**
   * The same for a GPU, by large products: what small operations cost there is their launch, on the
   * calling thread.
   *
   * @param loops for how long: each is about a tenth of a millisecond
   * @return the source
   */
  public static String slowGpuScript(int loops) {
    return """
    def forward(self, x: Tensor) -> Tensor:
      a = torch.ones([2048, 2048], device=x.device)
      for i in range(%d):
        a = torch.mm(a, a) * 0
      return x + a[0][0]
    """
        .formatted(1 + (long) loops / 6);
  }
}
