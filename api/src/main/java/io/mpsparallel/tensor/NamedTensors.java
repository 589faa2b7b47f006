package io.mpsparallel.tensor;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An ordered list of tensors, each with a name or all without: the inputs or the outputs of one
 * inference. Parts of nested values have dotted names, {@code pair.0} or {@code boxes.left}.
 * Closing it closes the tensors. Immutable but for that; any thread.
 */
public final class NamedTensors implements AutoCloseable {
  private final List<String> names;
  private final List<Tensor> tensors;

  private NamedTensors(List<String> names, List<Tensor> tensors) {
    this.names = names;
    this.tensors = tensors;
  }

  /**
   * Tensors that are known by their position.
   *
   * @param tensors the tensors, in order
   * @return the list
   */
  public static NamedTensors of(Tensor... tensors) {
    requireNonNull(tensors, "inputs");
    for (int i = 0; i < tensors.length; i++) {
      if (tensors[i] == null) {
        throw new NullPointerException("input " + i + ": null (expected: a tensor)");
      }
    }
    return new NamedTensors(List.of(), List.of(tensors));
  }

  /**
   * Tensors that are known by name.
   *
   * @param names the names, all different, one for each tensor; empty if there are none
   * @param tensors the tensors, in the same order
   * @return the list
   */
  public static NamedTensors of(List<String> names, List<Tensor> tensors) {
    if (!names.isEmpty() && names.size() != tensors.size()) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          "names: " + names + " (expected: " + tensors.size() + " of them)");
    }
    if (hasDoubles(names)) {
      throw new InferenceException(ErrorCode.INVALID_INPUT, "names: " + names + " has doubles");
    }
    return new NamedTensors(List.copyOf(names), List.copyOf(tensors));
  }

  /** Without a set: there are few names, and this is asked for each request. */
  private static boolean hasDoubles(List<String> names) {
    for (int i = 1; i < names.size(); i++) {
      if (names.subList(0, i).contains(names.get(i))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Tensors that are known by name.
   *
   * @param tensors the tensors by name, in the map's order
   * @return the list
   */
  public static NamedTensors of(Map<String, Tensor> tensors) {
    return new NamedTensors(
        List.copyOf(tensors.keySet()), List.copyOf(new ArrayList<>(tensors.values())));
  }

  /** {@return the names in order; empty if the tensors are known by their position alone} */
  public List<String> names() {
    return names;
  }

  /** {@return the tensors in order} */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** {@return how many tensors there are} */
  public int size() {
    return tensors.size();
  }

  /**
   * A tensor by its position.
   *
   * @param index from 0
   * @return the tensor, which this list goes on to own
   * @throws InferenceException {@code INVALID_INPUT} if there are not so many
   */
  public Tensor get(int index) {
    if (index < 0 || index >= tensors.size()) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          "tensor " + index + " (expected: 0.." + (tensors.size() - 1) + ")");
    }
    return tensors.get(index);
  }

  /**
   * A tensor by its name.
   *
   * @param name the name
   * @return the tensor, which this list goes on to own
   * @throws InferenceException {@code INVALID_INPUT} if there is none of that name
   */
  public Tensor get(String name) {
    int index = names.indexOf(requireNonNull(name, "name"));
    if (index < 0) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT, "tensor '" + name + "' (expected one of: " + names + ")");
    }
    return tensors.get(index);
  }

  /** {@return the tensors by name, in order; this list goes on to own them} */
  public Map<String, Tensor> asMap() {
    Map<String, Tensor> map = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      map.put(names.get(i), tensors.get(i));
    }
    return map;
  }

  /**
   * Second handles on the same memory, under the same names.
   *
   * @return a list that the caller closes
   */
  public NamedTensors share() {
    if (tensors.size() == 1) {
      return new NamedTensors(names, List.of(tensors.get(0).share()));
    }
    List<Tensor> shared = new ArrayList<>(tensors.size());
    try {
      for (Tensor tensor : tensors) {
        shared.add(tensor.share());
      }
    } catch (RuntimeException e) {
      shared.forEach(Tensor::close);
      throw e;
    }
    return new NamedTensors(names, List.copyOf(shared));
  }

  /**
   * Copies in memory of their own, under the same names.
   *
   * @return a list that the caller closes
   */
  public NamedTensors detach() {
    List<Tensor> copies = new ArrayList<>(tensors.size());
    try {
      for (Tensor tensor : tensors) {
        copies.add(tensor.detach());
      }
    } catch (RuntimeException e) {
      copies.forEach(Tensor::close);
      throw e;
    }
    return new NamedTensors(names, List.copyOf(copies));
  }

  /** Closes every tensor, even if one fails to close. Idempotent, any thread. */
  @Override
  public void close() {
    closeFrom(0);
  }

  private void closeFrom(int first) {
    int i = first;
    try {
      for (; i < tensors.size(); i++) {
        tensors.get(i).close();
      }
    } finally {
      if (i < tensors.size()) {
        closeFrom(i + 1); // this one threw
      }
    }
  }

  /** {@return names and specs} */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < tensors.size(); i++) {
      text.append(i == 0 ? "" : ", ")
          .append(names.isEmpty() ? "" : names.get(i) + ": ")
          .append(tensors.get(i).spec());
    }
    return text.append(']').toString();
  }
}
