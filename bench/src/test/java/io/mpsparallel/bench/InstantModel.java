package io.mpsparallel.bench;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ModelState;
import io.mpsparallel.ResultList;
import io.mpsparallel.ShadowCheck;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Served;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Answers with the inputs before {@code submit} returns. Any thread. */
final class InstantModel implements LoadedModel {
  private static final Served SERVED = new Served("instant", Device.of("cpu"), 1);

  @Override
  public Signature signature() {
    throw new UnsupportedOperationException();
  }

  @Override
  public ModelState state() {
    return ModelState.READY;
  }

  @Override
  public CompletableFuture<Void> whenReady() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public InferenceResult infer(InferenceRequest request) {
    return new InferenceResult(request.inputs().share(), SERVED);
  }

  @Override
  public CompletableFuture<InferenceResult> submit(InferenceRequest request) {
    return CompletableFuture.completedFuture(new InferenceResult(request.inputs(), SERVED));
  }

  @Override
  public ResultList mapRequests(List<InferenceRequest> requests) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void swap(ModelSource source) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void swap(ModelSource source, ShadowCheck check) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
