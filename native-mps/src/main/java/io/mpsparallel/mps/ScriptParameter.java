package io.mpsparallel.mps;

/**
 * One parameter of a model's {@code forward}.
 *
 * @param name its name
 * @param type its type
 * @param hasDefault whether it may be left out
 */
record ScriptParameter(String name, ScriptType type, boolean hasDefault) {
  boolean isTensor() {
    return type.kind() == ScriptType.Kind.TENSOR;
  }

  /** Whether a caller must give something for it. */
  boolean isRequired() {
    return !hasDefault && type.kind() != ScriptType.Kind.OPTIONAL;
  }
}
