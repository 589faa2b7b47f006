package io.mpsparallel.batching;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.WorkItem;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Requests that run together, and perhaps those that shared a failed batch with them: if these
 * succeed, the fault is among those. Immutable.
 *
 * @param group where they come from
 * @param requests what runs
 * @param others the other half of a failed batch, which runs after this one
 * @param suspect whether one of the requests is known to be at fault
 */
record Part(Group group, List<Waiting> requests, @Nullable List<Waiting> others, boolean suspect) {
  static Part of(Group group, List<Waiting> requests) {
    return new Part(group, requests, null, false);
  }

  /** {@return how many requests, the others included} */
  int size() {
    return requests.size() + (others == null ? 0 : others.size());
  }

  int rows() {
    int rows = 0;
    for (Waiting request : requests) {
      rows += request.rows();
    }
    return rows;
  }

  /** {@return the bytes of the inputs} */
  long bytes() {
    long bytes = 0;
    for (Waiting request : requests) {
      bytes += request.bytes();
    }
    return bytes;
  }

  /** {@return what is to run when these requests succeeded: the others hold the fault} */
  List<Part> ifSucceeded() {
    if (others == null || others.isEmpty()) {
      return List.of();
    }
    return List.of(others.size() == 1 ? new Part(group, others, null, true) : half(group, others));
  }

  /** {@return what is to run when these requests failed together: their halves, then the others} */
  List<Part> ifFailed() {
    return before(half(group, requests));
  }

  /** {@return what is to run when these requests must run again: themselves, then the others} */
  List<Part> again() {
    return before(of(group, requests));
  }

  /**
   * {@return what is to run when these requests are answered, and it says nothing of the others}
   */
  List<Part> ifOver() {
    return others == null || others.isEmpty() ? List.of() : List.of(of(group, others));
  }

  private List<Part> before(Part first) {
    return Stream.concat(Stream.of(first), ifOver().stream()).toList();
  }

  /** The first half, which is not the larger one; its others are the second. */
  private static Part half(Group group, List<Waiting> failed) {
    int middle = failed.size() / 2;
    return new Part(group, failed.subList(0, middle), failed.subList(middle, failed.size()), false);
  }

  /** Fails all requests. */
  void fail(InferenceException why) {
    requests.forEach(request -> request.item().fail(why));
    if (others != null) {
      others.forEach(request -> request.item().fail(why));
    }
  }

  /** This part without what a test says yes to, asked once for each request. */
  Part without(Predicate<WorkItem> test) {
    return new Part(
        group, rest(requests, test), others == null ? null : rest(others, test), suspect);
  }

  private static List<Waiting> rest(List<Waiting> all, Predicate<WorkItem> test) {
    return all.stream().filter(request -> !test.test(request.item())).toList();
  }
}
