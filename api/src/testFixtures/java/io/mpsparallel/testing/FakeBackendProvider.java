package io.mpsparallel.testing;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.settings.BackendSettings;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** Opens {@link FakeBackend}s, and remembers them. Any thread. */
public final class FakeBackendProvider implements BackendProvider {
  private final String id;
  private final UnaryOperator<FakeBackendBuilder> parts;
  private final List<FakeBackend> opened = new CopyOnWriteArrayList<>();

  /** A provider of synchronous backends. */
  public FakeBackendProvider() {
    this(FakeBackend.ID, builder -> builder);
  }

  /**
   * A provider of backends of any kind.
   *
   * @param id its name in configuration
   * @param parts what to set on the builder
   */
  public FakeBackendProvider(String id, UnaryOperator<FakeBackendBuilder> parts) {
    this.id = requireNonNull(id, "id");
    this.parts = requireNonNull(parts, "parts");
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public FakeBackend open(BackendSettings settings) {
    FakeBackend backend = parts.apply(FakeBackend.builder().settings(settings)).build();
    opened.add(backend);
    return backend;
  }

  /** {@return what was opened, in order} */
  public List<FakeBackend> opened() {
    return List.copyOf(opened);
  }
}
