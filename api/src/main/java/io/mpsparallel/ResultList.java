package io.mpsparallel;

import io.mpsparallel.work.InferenceResult;
import java.util.AbstractList;
import java.util.List;

/** Results in the order of their inputs. Closing it closes them. Immutable but for that. */
public final class ResultList extends AbstractList<InferenceResult> implements AutoCloseable {
  private final List<InferenceResult> results;

  ResultList(List<InferenceResult> results) {
    this.results = List.copyOf(results);
  }

  @Override
  public InferenceResult get(int index) {
    return results.get(index);
  }

  @Override
  public int size() {
    return results.size();
  }

  /** Closes every result. Idempotent. */
  @Override
  public void close() {
    results.forEach(InferenceResult::close);
  }
}
