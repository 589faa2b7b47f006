package io.mpsparallel.testing;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A slot that remembers what it reads, and says where its outputs were made. */
final class RulesSlot implements Slot {
  final Slot inner;
  private final MpsRules rules;
  private final RulesLine line;
  private volatile @Nullable NamedTensors inputs;
  private volatile long run;

  RulesSlot(MpsRules rules, Slot inner, RulesLine line) {
    this.rules = rules;
    this.inner = inner;
    this.line = line;
  }

  Optional<NamedTensors> inputs() {
    return Optional.ofNullable(inputs);
  }

  void ran(long number) {
    run = number;
  }

  @Override
  public void bind(NamedTensors given) {
    inner.bind(given);
    inputs = given;
  }

  @Override
  public NamedTensors stage(List<String> names, List<TensorSpec> specs) {
    NamedTensors staged = inner.stage(names, specs);
    inputs = null;
    return staged;
  }

  @Override
  public NamedTensors takeOutputs() {
    NamedTensors outputs = inner.takeOutputs();
    inputs = null;
    rules.produced(outputs, line, run);
    return outputs;
  }

  @Override
  public void close() {
    rules.checkMayWait("a slot's event");
    inner.close();
  }
}
