package io.mpsparallel.strategy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import java.util.List;
import java.util.function.Function;

/** Finds what settings name among what is installed. Pure functions. */
public final class Installed {
  private Installed() {}

  /**
   * The provider of an id.
   *
   * @param key the setting that names it, for the message
   * @param wanted its id, or {@link ExecutorSettings#AUTO} for the first
   * @param installed all that are installed
   * @param id tells a provider's id
   * @param <T> what provides it
   * @return the provider
   * @throws InferenceException {@code NOT_INSTALLED} if there is none
   */
  public static <T> T choose(String key, String wanted, List<T> installed, Function<T, String> id) {
    for (T provider : installed) {
      if (wanted.equals(ExecutorSettings.AUTO) || wanted.equals(id.apply(provider))) {
        return provider;
      }
    }
    throw new InferenceException(
        ErrorCode.NOT_INSTALLED,
        key
            + ": '"
            + wanted
            + "' (installed: "
            + installed.stream().map(id).toList()
            + "; put its artifact on the class path, or install its module)");
  }
}
