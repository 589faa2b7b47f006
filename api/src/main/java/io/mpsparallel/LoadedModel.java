package io.mpsparallel;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A model that is ready to run. Any thread. Whoever loaded it closes it; requests under way are
 * still answered.
 *
 * <p>Who closes what: {@code infer} borrows its inputs until it returns; {@code submit} and {@code
 * map} own theirs, and close them whatever happens. Results belong to whoever receives them.
 */
public interface LoadedModel extends AutoCloseable {
  /** {@return its inputs and outputs, as far as they are known} */
  Signature signature();

  /** {@return whether it is warm} */
  ModelState state();

  /**
   * Has requests served by another file from now on, such as one with newer weights: it is loaded
   * and warmed up first, while requests go on; those under way keep what they began with. One
   * change of the executor at a time; it blocks until it is done.
   *
   * @param source the file, whose model must take the same inputs
   * @throws io.mpsparallel.error.InferenceException as {@link InferenceExecutor#load(ModelSource)},
   *     and {@code CONFIG_INVALID} if the inputs differ; then all goes on as before. {@code MISUSE}
   *     in a continuation on a lane
   */
  void swap(ModelSource source);

  /**
   * The same, if the other file answers some requests as the present one does; both answer them
   * while requests go on.
   *
   * @param source the file, whose model must take the same inputs
   * @param check what to ask, and how far answers may differ
   * @throws io.mpsparallel.error.InferenceException as {@link #swap(ModelSource)}, what either file
   *     fails with, and {@code OUTPUTS_DIFFER}; then all goes on as before
   */
  void swap(ModelSource source, ShadowCheck check);

  /**
   * Waits for the warm-up shapes that were declared for the model: in {@code NAME.json} beside it,
   * or with {@link io.mpsparallel.backend.ModelSource#warmingUp}. Requests are served meanwhile.
   *
   * @return done when every lane has run every shape; fails with an {@link
   *     io.mpsparallel.error.InferenceException} if one failed. Each call gives a future of its own
   */
  CompletableFuture<Void> whenReady();

  /**
   * Runs the model and waits for the outputs.
   *
   * @param inputs the inputs in the order of the signature, borrowed until this returns
   * @return the outputs, which the caller closes
   * @throws io.mpsparallel.error.InferenceException {@code INVALID_INPUT}, {@code MODEL_FAILED},
   *     {@code OVERLOADED} if there was no room within {@code queue.wait}, {@code
   *     DEADLINE_EXCEEDED}, {@code CANCELLED} if the thread was interrupted, with its flag set
   *     again, {@code CLOSED}, {@code MISUSE} in a continuation on a lane that it would have to
   *     wait for, or a failure of the device
   */
  default InferenceResult infer(Tensor... inputs) {
    return infer(InferenceRequest.of(inputs));
  }

  /**
   * Runs the model and waits for the outputs.
   *
   * @param request the inputs, borrowed until this returns, and how urgent it is
   * @return the outputs, which the caller closes
   * @throws io.mpsparallel.error.InferenceException as above
   */
  InferenceResult infer(InferenceRequest request);

  /**
   * Hands a request in and returns at once; never blocks.
   *
   * @param inputs the inputs in the order of the signature, owned from now on
   * @return the answer; every failure comes through it, {@code OVERLOADED} if the queue is full.
   *     Cancelling it takes a waiting request back
   */
  default CompletableFuture<InferenceResult> submit(Tensor... inputs) {
    return submit(InferenceRequest.of(inputs));
  }

  /**
   * Hands a request in and returns at once; never blocks.
   *
   * @param request the inputs, owned from now on, and how urgent it is
   * @return the answer, as above
   */
  CompletableFuture<InferenceResult> submit(InferenceRequest request);

  /**
   * Runs the model for each of several inputs, keeping a bounded number in flight, and waits for
   * all.
   *
   * @param inputs one input each, owned from now on
   * @return the outputs in the order of the inputs
   * @throws io.mpsparallel.error.InferenceException the first failure; then the others are
   *     cancelled, and everything is closed. {@code MISUSE} in a continuation on a lane
   */
  default ResultList map(List<Tensor> inputs) {
    return mapRequests(inputs.stream().map(InferenceRequest::of).toList());
  }

  /**
   * Runs the model for each of several requests, keeping a bounded number in flight, and waits for
   * all.
   *
   * @param requests the requests, whose inputs are owned from now on
   * @return the outputs in the order of the requests
   * @throws io.mpsparallel.error.InferenceException as above
   */
  ResultList mapRequests(List<InferenceRequest> requests);

  /**
   * Refuses new requests, and frees the model once the last one under way is answered. Idempotent.
   */
  @Override
  void close();
}
