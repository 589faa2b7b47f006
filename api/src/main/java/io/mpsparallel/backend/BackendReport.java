package io.mpsparallel.backend;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a backend can say about itself and the machine. Immutable, any thread.
 *
 * @param facts name and value, in the order to print them
 * @param libraries the native files that are really loaded
 * @param problems what is wrong or slow, each with what to do about it
 */
public record BackendReport(
    Map<String, String> facts, List<String> libraries, List<Problem> problems) {
  /**
   * Something wrong or slow.
   *
   * @param what what was found
   * @param remedy what to do about it
   * @param severe whether it makes results wrong or the backend unusable
   */
  public record Problem(String what, String remedy, boolean severe) {}

  // Copies the collections.
  public BackendReport {
    facts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    libraries = List.copyOf(libraries);
    problems = List.copyOf(problems);
  }
}
