package io.mpsparallel;

import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.ModelVersion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model where requests for it run now, and where they go if that place fails. A
 * request keeps the one that it began with; if that site refuses it because it closes, there is
 * another. Immutable, any thread; each is equal to itself alone.
 */
final class Placement {
  private final Site site;
  private final ModelVersion version;
  private final ModelSource source;
  private final Padding padding;
  private final Signature signature;
  private final @Nullable Placement next;
  private final SiteGuard guard = new SiteGuard(this, 0);

  private Placement(
      Site site,
      ModelVersion version,
      ModelSource source,
      Padding padding,
      Signature signature,
      @Nullable Placement next) {
    this.site = site;
    this.version = version;
    this.source = source;
    this.padding = padding;
    this.signature = signature;
    this.next = next;
  }

  /** A model that was just loaded. */
  static Placement of(Site site, ModelVersion version, Model model) {
    Padding padding = model.source().padding();
    Signature forCallers = padding.forCallers(model.signature());
    return new Placement(site, version, model.source(), padding, forCallers, null);
  }

  /** The same version at another site of its engine. */
  Placement at(Site other) {
    return new Placement(other, version, source, padding, signature, null);
  }

  /** The same with another place to go to. */
  Placement before(@Nullable Placement other) {
    return new Placement(site, version, source, padding, signature, other);
  }

  /** Where. */
  Site site() {
    return site;
  }

  /** What. */
  ModelVersion version() {
    return version;
  }

  /** What it was loaded from. */
  ModelSource source() {
    return source;
  }

  /** What callers may leave out, and is made for them. */
  Padding padding() {
    return padding;
  }

  /** Its inputs and outputs for callers. */
  Signature signature() {
    return signature;
  }

  /** Where requests go if this place fails; null for nowhere. */
  @Nullable Placement next() {
    return next;
  }

  /** This one and those that follow it. */
  List<Placement> chain() {
    List<Placement> all = new ArrayList<>();
    for (Placement at = this; at != null; at = at.next) {
      all.add(at);
    }
    return all;
  }

  /** The versions of all places, each once. */
  List<ModelVersion> versions() {
    return chain().stream().map(Placement::version).distinct().toList();
  }

  /**
   * The first place that permits a request; its guard is told how that ends.
   *
   * @throws InferenceException {@code CIRCUIT_OPEN} if there is none
   */
  SiteGuard permitted() {
    Placement at = this;
    while (!at.site.breaker().permits()) {
      Placement after = at.next;
      if (after == null) {
        throw site.breaker().refusal();
      }
      at = after;
    }
    return at.guard;
  }
}
