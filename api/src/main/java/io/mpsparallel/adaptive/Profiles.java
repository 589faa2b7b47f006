package io.mpsparallel.adaptive;

import io.mpsparallel.config.ProfileFile;
import io.mpsparallel.config.ProfileFile.Measurement;
import io.mpsparallel.config.ProfileFile.ModelPart;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Profile;
import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.settings.AdaptiveSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** What was measured earlier, out of the file that settings name. Pure functions. */
final class Profiles {
  private Profiles() {}

  /**
   * The profile of the settings.
   *
   * @throws io.mpsparallel.error.InferenceException {@code CONFIG_INVALID} if it cannot be read
   */
  static Profile of(AdaptiveSettings settings) {
    return settings.profile().equals(AdaptiveSettings.NO_PROFILE)
        ? Profile.NONE
        : of(ProfileFile.read(Path.of(settings.profile())));
  }

  /** Of several figures for one load, the last one counts. */
  private static Profile of(ProfileFile file) {
    Map<Profile.Entry, Double> rates = new HashMap<>();
    for (ModelPart model : file.models()) {
      for (Measurement each : model.measured()) {
        WorkKind kind = WorkKind.of(model.name(), each.bytes());
        Choice choice = Choice.of(each.choice()).orElseThrow();
        int callers = WorkKind.callersBucket(each.callers());
        rates.put(new Profile.Entry(kind, callers, choice), each.rowsPerSecond());
      }
    }
    return new Profile(rates);
  }
}
