package io.mpsparallel.bench;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;

/**
 * What a load asks for: a model, the inputs of each request, and what to do with each answer. Any
 * thread.
 *
 * @param model who is asked
 * @param inputs the inputs of a request by its number; they stay their owner's
 * @param check looks at an answer, and throws if it is wrong
 */
record Job(LoadedModel model, LongFunction<NamedTensors> inputs, Check check) {
  /** Looks at answers. */
  @FunctionalInterface
  interface Check {
    /** Nobody looks. */
    Check NONE = (request, result) -> {};

    /**
     * Looks at one answer, on the thread that brings it.
     *
     * @param request its number, from 0
     * @param result the answer, which is closed afterwards
     */
    void answer(long request, InferenceResult result);
  }

  /** {@return the same input for every request, whatever the answer} */
  static Job of(LoadedModel model, Tensor input) {
    return of(model, NamedTensors.of(input));
  }

  /** {@return the same inputs for every request, whatever the answer} */
  static Job of(LoadedModel model, NamedTensors inputs) {
    return new Job(model, request -> inputs, Check.NONE);
  }

  /** {@return one input for each request, by its number} */
  static Job of(LoadedModel model, LongFunction<Tensor> input, Check check) {
    return new Job(model, request -> NamedTensors.of(input.apply(request)), check);
  }

  /** Asks and waits, as {@code infer} does. */
  void infer(long request) {
    try (InferenceResult result = model.infer(InferenceRequest.of(inputs.apply(request)))) {
      check.answer(request, result);
    }
  }

  /** {@return the answer to come, which the caller closes} */
  CompletableFuture<InferenceResult> submit(long request) {
    return model.submit(InferenceRequest.of(inputs.apply(request).share()));
  }

  /** Asks through the queue and waits. */
  void submitAndJoin(long request) {
    try (InferenceResult result = submit(request).join()) {
      check.answer(request, result);
    }
  }
}
