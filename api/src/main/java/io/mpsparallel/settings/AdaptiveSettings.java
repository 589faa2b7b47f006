package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What the strategy that chooses may choose from, and what it knows at its start.
 *
 * @param choices the ids of its choices, each once; empty for those that run in this process
 * @param profile the file of an earlier measurement, or {@link #NO_PROFILE}
 */
public record AdaptiveSettings(List<String> choices, String profile) {
  /** The ids of all choices. */
  public static final List<String> ALL_CHOICES =
      List.of("threads", "batching", "processes", "batching-over-processes");

  /** No earlier measurement. */
  public static final String NO_PROFILE = "none";

  /** All that runs in this process, and no earlier measurement. */
  public static final AdaptiveSettings DEFAULTS = new AdaptiveSettings(List.of(), NO_PROFILE);

  // Copies the list and checks it.
  public AdaptiveSettings {
    choices = List.copyOf(choices);
    requireNonNull(profile, "profile");
    if (!ALL_CHOICES.containsAll(choices) || choices.stream().distinct().count() < choices.size()) {
      throw Check.invalid("adaptive.choices", choices, "some of " + ALL_CHOICES + ", each once");
    }
    if (profile.isBlank()) {
      throw Check.invalid("adaptive.profile", "''", "a file, or " + NO_PROFILE);
    }
  }

  /**
   * Changes the choices.
   *
   * @param changed the ids, each once; none for those that run in this process
   * @return the changed settings
   */
  public AdaptiveSettings withChoices(String... changed) {
    return new AdaptiveSettings(List.of(changed), profile);
  }

  /**
   * Changes what is known at the start.
   *
   * @param changed the file of a profile, or {@link #NO_PROFILE}
   * @return the changed settings
   */
  public AdaptiveSettings withProfile(String changed) {
    return new AdaptiveSettings(choices, changed);
  }
}
