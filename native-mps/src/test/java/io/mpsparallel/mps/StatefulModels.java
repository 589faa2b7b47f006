package io.mpsparallel.mps;

import java.nio.file.Path;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IntType;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Type;

/** Models that remember something from one forward to the next. */
final class StatefulModels {
  private StatefulModels() {}

  /** One with a whole number {@code self.runs}, which starts at 0. */
  static Path counting(Path file, String source) {
    TorchRuntime.load();
    try (QualifiedName name = new QualifiedName("__torch__.Counting");
        JitModule module = new JitModule(name);
        IValue zero = new IValue(0L)) {
      module.register_attribute(
          "runs", new Type.TypePtr(IntType.getIntTypePtr().get()), zero, false, false);
      module.define(source);
      module.save(file.toString());
    }
    return file;
  }
}
