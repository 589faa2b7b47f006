package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepared executions: bounded, each built once however many threads ask, the least recently used
 * one evicted first. Any thread. A failed build is remembered until it is evicted. What is evicted
 * is closed when its last use ends.
 *
 * @param <K> what an execution was prepared for
 * @param <V> the prepared execution
 */
final class GraphCache<K, V extends AutoCloseable> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GraphCache.class);

  private final int capacity;
  private final Object lock = new Object(); // held for a look-up, never for a build or a close
  private final LinkedHashMap<K, Entry<V>> entries = new LinkedHashMap<>(16, 0.75f, true);
  private boolean closed;

  /** A cache of at most so many entries, failed ones included. */
  GraphCache(int entries) {
    if (entries < 1) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID, "path.cache-entries: " + entries + " (expected: 1 or more)");
    }
    this.capacity = entries;
  }

  /** The right to use a value until it is closed. Any thread; closing is idempotent. */
  static final class Use<V extends AutoCloseable> implements AutoCloseable {
    private final Entry<V> entry;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Use(Entry<V> entry) {
      this.entry = entry;
    }

    /** The value; empty if its build failed. */
    Optional<V> value() {
      return Optional.ofNullable(entry.value);
    }

    /** Why the build failed; empty if it did not. */
    Optional<RuntimeException> failure() {
      return Optional.ofNullable(entry.failure);
    }

    @Override
    public void close() {
      if (ended.compareAndSet(false, true)) {
        entry.endUse();
      }
    }
  }

  /** What is known about one key: being built, built, or failed. */
  private static final class Entry<V extends AutoCloseable> extends UseCount {
    volatile @Nullable Thread builder = Thread.currentThread(); // null: ready
    final CountDownLatch ready = new CountDownLatch(1);
    volatile @Nullable V value;
    volatile @Nullable RuntimeException failure;

    @Override
    void free() {
      V last = value;
      if (last != null) {
        try {
          last.close();
        } catch (Exception e) {
          LOG.warn("a prepared execution could not be freed", e);
        }
      }
    }
  }

  /**
   * Finds or builds the value of a key.
   *
   * @param build called on this thread if no other thread has built, or is building, the value
   * @return the use, which the caller closes
   * @throws InferenceException {@code CANCELLED} if the thread was interrupted while another built;
   *     {@code MISUSE} if a build asks for its own key; {@code CLOSED}
   */
  Use<V> use(K key, Function<K, V> build) {
    Entry<V> mine = null;
    Entry<V> entry;
    List<Entry<V>> evicted = List.of();
    synchronized (lock) {
      checkOpen();
      entry = entries.get(key);
      if (entry == null) {
        entry = mine = new Entry<>();
        entries.put(key, entry);
        evicted = evict();
      }
      entry.beginUse(); // an entry of the map is not shut
    }
    evicted.forEach(UseCount::shut);
    Use<V> use = new Use<>(entry);
    try {
      if (mine != null) {
        build(key, mine, build);
      } else {
        awaitReady(entry);
      }
      return use;
    } catch (Throwable e) {
      use.close();
      throw e;
    }
  }

  /** How many keys are known, failed ones included. */
  int size() {
    synchronized (lock) {
      return entries.size();
    }
  }

  /** Evicts all; values in use are closed when their last use ends. Idempotent. */
  @Override
  public void close() {
    List<Entry<V>> all;
    synchronized (lock) {
      closed = true;
      all = new ArrayList<>(entries.values());
      entries.clear();
    }
    all.forEach(UseCount::shut);
  }

  private void build(K key, Entry<V> entry, Function<K, V> build) {
    try {
      entry.value = build.apply(key);
    } catch (RuntimeException e) {
      entry.failure = e;
    } catch (Error e) {
      entry.failure =
          new InferenceException(ErrorCode.NATIVE_FAILURE, "a build ended with an error", e);
      forget(key, entry);
      throw e;
    } finally {
      entry.builder = null;
      entry.ready.countDown();
    }
  }

  private void awaitReady(Entry<V> entry) {
    if (entry.ready.getCount() == 0) {
      return;
    }
    if (entry.builder == Thread.currentThread()) {
      throw new InferenceException(ErrorCode.MISUSE, "a build asked for its own key");
    }
    try {
      entry.ready.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException(
          ErrorCode.CANCELLED, "interrupted while another thread prepared an execution", e);
    }
  }

  private List<Entry<V>> evict() {
    List<Entry<V>> evicted = new ArrayList<>(1);
    Iterator<Map.Entry<K, Entry<V>>> oldest = entries.entrySet().iterator();
    while (entries.size() > capacity) {
      evicted.add(oldest.next().getValue());
      oldest.remove();
    }
    return evicted;
  }

  private void forget(K key, Entry<V> entry) {
    boolean removed;
    synchronized (lock) {
      removed = entries.remove(key, entry);
    }
    if (removed) {
      entry.shut();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, "prepared executions: closed");
    }
  }
}
