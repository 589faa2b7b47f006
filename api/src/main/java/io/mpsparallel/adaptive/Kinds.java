package io.mpsparallel.adaptive;

import io.mpsparallel.policy.WorkKind;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The kinds of work that were seen, by model and size of inputs. Any thread. */
final class Kinds {
  /** A model's kinds by the bucket of their size. */
  private record OfModel(String name, AtomicReferenceArray<@Nullable KindOfWork> bySize) {}

  /** Makes a kind that was not seen before. */
  @FunctionalInterface
  interface Maker {
    /**
     * Makes it.
     *
     * @param kind what it is
     * @param version the version of the model that it runs
     */
    KindOfWork make(WorkKind kind, ModelVersion version);
  }

  private final Maker maker;
  private final Function<ModelVersion, String> names;
  private final Map<ModelVersion, OfModel> models = new ConcurrentHashMap<>();
  private final AtomicInteger seen = new AtomicInteger();

  /**
   * No kinds yet.
   *
   * @param maker makes them
   * @param names what models are called
   */
  Kinds(Maker maker, Function<ModelVersion, String> names) {
    this.maker = maker;
    this.names = names;
  }

  KindOfWork of(WorkItem item) {
    OfModel model = models.get(item.version());
    if (model == null) {
      model = models.computeIfAbsent(item.version(), this::newModel);
    }
    int size = WorkKind.sizeBucket(bytes(item.inputs()));
    KindOfWork known = model.bySize().get(size);
    return known == null ? added(model, new WorkKind(model.name(), size), item.version()) : known;
  }

  private OfModel newModel(ModelVersion version) {
    String name = names.apply(version) + " #" + seen.incrementAndGet();
    return new OfModel(name, new AtomicReferenceArray<>(WorkKind.LAST_BUCKET + 1));
  }

  private KindOfWork added(OfModel model, WorkKind kind, ModelVersion version) {
    KindOfWork fresh = maker.make(kind, version);
    boolean ours = model.bySize().compareAndSet(kind.sizeBucket(), null, fresh);
    KindOfWork there = model.bySize().get(kind.sizeBucket());
    return ours || there == null ? fresh : there;
  }

  private static long bytes(NamedTensors inputs) {
    long sum = 0;
    for (int i = 0; i < inputs.size(); i++) {
      sum += inputs.get(i).spec().byteLength();
    }
    return sum;
  }

  List<KindOfWork> all() {
    List<KindOfWork> all = new ArrayList<>();
    for (OfModel model : models.values()) {
      for (int size = 0; size <= WorkKind.LAST_BUCKET; size++) {
        KindOfWork kind = model.bySize().get(size);
        if (kind != null) {
          all.add(kind);
        }
      }
    }
    return all;
  }

  /** Whether a version was seen and not forgotten. */
  boolean knows(ModelVersion version) {
    return models.containsKey(version);
  }

  void forget(ModelVersion version) {
    models.remove(version);
  }
}
