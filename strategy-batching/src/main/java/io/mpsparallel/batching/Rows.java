package io.mpsparallel.batching;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.Served;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Rows of several requests, on their way into one forward and out of it. */
final class Rows {
  private Rows() {}

  /** Copies rows straight into a slot's own memory; missing ones are copies of the last. */
  static void stage(Slot slot, List<Waiting> requests, int rows) {
    NamedTensors first = requests.get(0).item().inputs();
    List<TensorSpec> specs = new ArrayList<>(first.size());
    for (Tensor input : first.tensors()) {
      specs.add(input.spec().withRows(rows));
    }
    NamedTensors staged = slot.stage(first.names(), specs);
    for (int input = 0; input < specs.size(); input++) {
      gather(requests, input, staged.get(input).memory());
    }
  }

  private static void gather(List<Waiting> requests, int input, ByteBuffer into) {
    for (Waiting request : requests) {
      request.item().inputs().get(input).copyTo(into);
    }
    if (into.hasRemaining()) {
      Waiting last = requests.get(requests.size() - 1);
      try (Tensor row = last.item().inputs().get(input).slice(last.rows() - 1, last.rows())) {
        while (into.hasRemaining()) {
          row.copyTo(into);
        }
      }
    }
  }

  /** Whether every output has as many rows as the inputs had. */
  static boolean follow(NamedTensors outputs, int rows) {
    for (Tensor output : outputs.tensors()) {
      if (output.spec().rank() == 0 || output.spec().dim(0) != rows) {
        return false;
      }
    }
    return true;
  }

  /** Gives a request its part of the outputs. */
  interface Section {
    /** {@return what the request gets of some rows, which it owns} */
    NamedTensors of(NamedTensors outputs, Waiting request, int from, int to);
  }

  /** Answers each request with its rows of every output. */
  static void handOut(
      NamedTensors outputs, List<Waiting> requests, Served served, Section section) {
    try (outputs) {
      handOut(outputs, requests, 0, 0, served, section);
    }
  }

  /** An answer that throws, because of something in its caller's code, keeps nobody's from him. */
  private static void handOut(
      NamedTensors outputs,
      List<Waiting> requests,
      int from,
      int fromRow,
      Served served,
      Section section) {
    int next = from;
    int row = fromRow;
    try {
      while (next < requests.size()) {
        Waiting request = requests.get(next++);
        row += request.rows();
        answer(request, outputs, row, served, section);
      }
    } finally {
      if (next < requests.size()) {
        handOut(outputs, requests, next, row, served, section);
      }
    }
  }

  private static void answer(
      Waiting request, NamedTensors outputs, int toRow, Served served, Section section) {
    NamedTensors own;
    try {
      own = section.of(outputs, request, toRow - request.rows(), toRow);
    } catch (InferenceException e) { // there was no memory for a copy
      request.item().fail(e);
      return;
    }
    request.item().succeed(own, served);
  }

  /** Rows of every output, as views: all of them share the memory. */
  static NamedTensors section(NamedTensors outputs, int from, int to) {
    List<Tensor> parts = new ArrayList<>(outputs.size());
    for (Tensor output : outputs.tensors()) {
      parts.add(output.slice(from, to));
    }
    return NamedTensors.of(outputs.names(), parts);
  }
}
