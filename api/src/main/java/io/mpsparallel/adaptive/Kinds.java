package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
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

  private final List<Choice> allowed;
  private final Choice first;
  private final Function<ModelVersion, String> names;
  private final Map<ModelVersion, OfModel> models = new ConcurrentHashMap<>();
  private final AtomicInteger seen = new AtomicInteger();

  /**
   * No kinds yet.
   *
   * @param allowed the choices
   * @param first what serves a kind of which nothing is known
   * @param names what models are called
   */
  Kinds(List<Choice> allowed, Choice first, Function<ModelVersion, String> names) {
    this.allowed = allowed;
    this.first = first;
    this.names = names;
  }

  KindOfWork of(WorkItem item) {
    OfModel model = models.get(item.version());
    if (model == null) {
      model = models.computeIfAbsent(item.version(), this::newModel);
    }
    WorkKind kind = WorkKind.of(model.name(), bytes(item.inputs()));
    KindOfWork known = model.bySize().get(kind.sizeBucket());
    return known == null ? added(model, kind) : known;
  }

  private OfModel newModel(ModelVersion version) {
    String name = names.apply(version) + " #" + seen.incrementAndGet();
    return new OfModel(name, new AtomicReferenceArray<>(WorkKind.LAST_BUCKET + 1));
  }

  private KindOfWork added(OfModel model, WorkKind kind) {
    KindOfWork fresh = new KindOfWork(kind, allowed, first);
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

  void forget(ModelVersion version) {
    models.remove(version);
  }
}
