package io.mpsparallel;

import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.work.ModelVersion;

/**
 * One version of a model where requests for it run now. A request keeps the one that it began with;
 * if that site refuses it because it closes, there is another. Immutable, any thread.
 *
 * @param site where
 * @param version what
 * @param source what it was loaded from
 * @param padding what callers may leave out, and is made for them
 * @param signature its inputs and outputs for callers
 */
record Placement(
    Site site, ModelVersion version, ModelSource source, Padding padding, Signature signature) {
  /** A model that was just loaded. */
  static Placement of(Site site, ModelVersion version, Model model) {
    Padding padding = model.source().padding();
    Signature forCallers = padding.forCallers(model.signature());
    return new Placement(site, version, model.source(), padding, forCallers);
  }

  /** The same version at another site of its engine. */
  Placement at(Site other) {
    return new Placement(other, version, source, padding, signature);
  }
}
