package io.mpsparallel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigUtil;
import io.mpsparallel.backend.Padding;
import java.util.Set;

/** Reads what {@code NAME.json} says under {@code padding}. Pure. */
final class PaddingDescription {
  private static final String ROOT = "padding";

  private PaddingDescription() {}

  static Padding read(Config json) {
    if (!json.hasPath(ROOT)) {
      return Padding.NONE;
    }
    ModelDescription.checkKeys(json, Set.of("lengths", "inputs", "outputs", "mask"), ROOT);
    Padding padding = Padding.to(ModelDescription.longs(json, path("lengths")));
    for (String name : names(json, "inputs")) {
      padding = input(json, name, padding);
    }
    for (String name : names(json, "outputs")) {
      padding = output(json, name, padding);
    }
    return json.hasPath(path("mask")) ? padding.mask(json.getString(path("mask"))) : padding;
  }

  /** Both must be said: nothing is ever filled up with a value that nobody chose. */
  private static Padding input(Config json, String name, Padding padding) {
    ModelDescription.checkKeys(json, Set.of("dim", "value"), ROOT, "inputs", name);
    int dim = json.getInt(path("inputs", name, "dim"));
    return padding.input(name, dim, json.getDouble(path("inputs", name, "value")));
  }

  private static Padding output(Config json, String name, Padding padding) {
    ModelDescription.checkKeys(json, Set.of("dim"), ROOT, "outputs", name);
    String dim = path("outputs", name, "dim");
    return json.hasPath(dim) ? padding.output(name, json.getInt(dim)) : padding.output(name);
  }

  private static Set<String> names(Config json, String key) {
    return json.getObject(path(key)).keySet();
  }

  private static String path(String... elements) {
    return ROOT + "." + ConfigUtil.joinPath(elements);
  }
}
