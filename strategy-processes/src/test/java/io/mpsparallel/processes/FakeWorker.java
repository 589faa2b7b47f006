package io.mpsparallel.processes;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker and the link to it, without a process: its models square their first input. It answers
 * on the thread that waits; while forwards are held, that thread waits until they are released, or
 * the worker dies. Any thread may make it die.
 */
final class FakeWorker implements WorkerProcess, ParentLink {
  /** A frame that was handed in. */
  private record Frame(int number, FrameKind kind, int model, @Nullable ByteBuffer body) {}

  private final FakeLauncher owner;
  private final long pid;
  private final int depth;
  private final Map<Region, ByteBuffer> regions = new ConcurrentHashMap<>();
  private final AtomicInteger nextRegion = new AtomicInteger();
  private final ArrayDeque<Frame> frames = new ArrayDeque<>(); // guarded by this
  private final Set<Integer> models = new HashSet<>(); // guarded by this
  private final Map<Integer, Device> devices = new HashMap<>(); // guarded by this
  private final CompletableFuture<Death> death = new CompletableFuture<>();
  private final AtomicInteger looks = new AtomicInteger();
  private int sent; // guarded by this
  private volatile int awaited;
  private volatile int executing;
  private volatile int answered;
  private volatile boolean stopped;
  private volatile boolean closed;
  private volatile @Nullable FrameKind deadlyKind;
  private volatile @Nullable InferenceException failure;
  private volatile @Nullable Error stumble;
  private volatile int refusedModel;
  private volatile boolean misnumbering;
  private volatile boolean mute;
  private volatile boolean sticky;
  volatile long resident;

  FakeWorker(FakeLauncher owner, long pid, int depth) {
    this.owner = owner;
    this.pid = pid;
    this.depth = depth;
  }

  // ---- what tests do ----

  /** It dies of a signal, at once. */
  void die(@Nullable String signal) {
    synchronized (this) {
      death.complete(new Death(signal == null ? 3 : 139, signal, null, List.of("last words")));
      notifyAll();
    }
  }

  /** It shows no sign of life any more, and does nothing. */
  void stop() {
    stopped = true;
  }

  /** It dies of the next frame of this kind. */
  void dieOf(FrameKind kind) {
    deadlyKind = kind;
  }

  /** Whoever waits for it next meets this, with the frame still in its hand. */
  void stumbleWith(Error error) {
    stumble = error;
  }

  /** It does not load the model of a number; 0 for none. */
  void refuse(int model) {
    refusedModel = model;
  }

  /** Its link cannot be closed as it should. */
  void stick() {
    sticky = true;
  }

  /** Its answers are those to other frames. */
  void misnumber() {
    misnumbering = true;
  }

  /** It answers, but whoever waits is not woken before it dies. */
  void mute() {
    mute = true;
  }

  /** Every question is answered with this. */
  void failWith(InferenceException why) {
    failure = why;
  }

  boolean isAlive() {
    return !death.isDone();
  }

  boolean isClosed() {
    return closed;
  }

  /** {@return how often its sign of life was looked at, by the supervisor} */
  int looks() {
    return looks.get();
  }

  /** {@return the device of each model that it has loaded} */
  synchronized List<Device> devices() {
    return models.stream().map(devices::get).toList();
  }

  /** Whether it runs a forward that is held. */
  synchronized boolean isRunning() {
    return !frames.isEmpty() && frames.getFirst().kind() == FrameKind.RUN;
  }

  synchronized int framesInHand() {
    return frames.size();
  }

  synchronized Set<Integer> models() {
    return Set.copyOf(models);
  }

  /** Regions that nobody has given back. */
  int regionsLeft() {
    return regions.size();
  }

  synchronized void look() {
    notifyAll();
  }

  // ---- the process ----

  @Override
  public ParentLink link() {
    return this;
  }

  @Override
  public long pid() {
    return pid;
  }

  @Override
  public long residentBytes() {
    return resident;
  }

  @Override
  public void kill() {
    die("SIGKILL");
  }

  @Override
  public CompletableFuture<Death> death() {
    return death;
  }

  // ---- the link ----

  @Override
  public Region allocate(long bytes) {
    Region region = new Region(nextRegion.incrementAndGet(), 0, (int) bytes);
    regions.put(region, ByteBuffer.allocateDirect((int) bytes));
    return region;
  }

  @Override
  public ByteBuffer memory(Region region) {
    return regions.get(region);
  }

  @Override
  public void free(Region region) {
    regions.remove(region);
  }

  @Override
  public int send(FrameKind kind, int model, Region body, long room) throws LinkLost {
    return send(kind, model, regions.remove(body));
  }

  private synchronized int send(FrameKind kind, int model, @Nullable ByteBuffer body)
      throws LinkLost {
    checkAlive();
    if (frames.size() >= depth) {
      throw new IllegalStateException("too many frames");
    }
    sent++;
    frames.addLast(new Frame(sent, kind, model, body));
    takeNext();
    return sent;
  }

  /** It takes a frame as soon as there is one, unless it is stopped. */
  private void takeNext() {
    if (!stopped) {
      executing = frames.isEmpty() ? 0 : frames.getFirst().number();
    }
  }

  @Override
  public Answer ask(FrameKind kind, int model, Consumer<BodyWriter> body) throws LinkLost {
    BodyWriter question = BodyWriter.growing();
    body.accept(question);
    send(kind, model, bytesOf(question));
    return await();
  }

  @Override
  public int depth() {
    return depth;
  }

  @Override
  public boolean isAnswered(int number) {
    return answered - number >= 0;
  }

  @Override
  public synchronized Answer await() throws LinkLost {
    Error error = stumble;
    if (error != null) {
      stumble = null;
      throw error;
    }
    Frame frame = frames.getFirst();
    awaited = frame.number();
    try {
      return mute ? answeredUnheard(frame) : awaitAnswer(frame);
    } finally {
      awaited = 0;
    }
  }

  private Answer answeredUnheard(Frame frame) {
    executing = 0;
    answered = frame.number();
    waitWhile(this::isAlive);
    frames.removeFirst();
    return answer(frame);
  }

  private Answer awaitAnswer(Frame frame) throws LinkLost {
    waitWhile(() -> isHeld(frame));
    checkAlive();
    if (frame.kind() == deadlyKind || isDeadly(frame)) {
      executing = isStealthy(frame) ? 0 : executing;
      die("SIGSEGV");
      checkAlive();
    }
    boolean poisoned = frames.stream().anyMatch(this::isPoisonous);
    frames.removeFirst();
    answered = frame.number();
    takeNext();
    return poisoned ? poisoned(frame) : answer(frame);
  }

  /**
   * As a device does that works by itself: all that it has in hand fails, not the culprit alone.
   */
  private Answer poisoned(Frame frame) {
    death.complete(new Death(WorkerMain.BROKEN, null, null, List.of("last words")));
    return FrameAnswer.failed(
        frame.number(), new InferenceException(ErrorCode.DEVICE_FAILED, "device-side assert"));
  }

  private void waitWhile(BooleanSupplier condition) {
    try {
      while (condition.getAsBoolean()) {
        wait(1000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isHeld(Frame frame) {
    return isAlive() && (stopped || (owner.isHolding() && frame.kind() == FrameKind.RUN));
  }

  private void checkAlive() throws LinkLost {
    if (!isAlive()) {
      throw new LinkLost("the worker is gone");
    }
  }

  private boolean isDeadly(Frame frame) {
    return frame.kind() == FrameKind.RUN && owner.isDeadly(first(frame));
  }

  private boolean isPoisonous(Frame frame) {
    return frame.kind() == FrameKind.RUN && owner.isPoisonous(first(frame));
  }

  private boolean isStealthy(Frame frame) {
    return frame.kind() == FrameKind.RUN && owner.isStealthy(first(frame));
  }

  private static float first(Frame frame) {
    try (NamedTensors inputs = new BodyReader(frame.body().duplicate()).getTensors(() -> {})) {
      return inputs.get(0).toFloatArray()[0];
    }
  }

  private Answer answer(Frame frame) {
    if (failure != null) {
      return FrameAnswer.failed(frame.number(), failure);
    }
    if (frame.kind() == FrameKind.LOAD && frame.model() == refusedModel) {
      return FrameAnswer.failed(
          frame.number(), new InferenceException(ErrorCode.MODEL_INVALID, "it was changed"));
    }
    if (frame.kind() == FrameKind.RUN) {
      return FrameAnswer.of(frame.number() + (misnumbering ? 1 : 0), squared(frame));
    }
    if (frame.kind() == FrameKind.LOAD) {
      models.add(frame.model());
      devices.put(frame.model(), deviceOf(frame));
    } else if (frame.kind() == FrameKind.UNLOAD) {
      models.remove(frame.model());
    } else if (frame.kind() == FrameKind.END) {
      die(null);
    }
    BodyWriter body = BodyWriter.growing();
    write(frame.kind(), body);
    return FrameAnswer.of(frame.number(), new BodyReader(bytesOf(body)), () -> {});
  }

  private static ByteBuffer bytesOf(BodyWriter body) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(body.length());
    body.copyTo(bytes);
    return bytes.rewind();
  }

  private static Device deviceOf(Frame load) {
    BodyReader body = new BodyReader(load.body().duplicate());
    ValueCodec.source(body);
    return ValueCodec.device(body);
  }

  private static NamedTensors squared(Frame frame) {
    try (NamedTensors inputs = new BodyReader(frame.body().duplicate()).getTensors(() -> {})) {
      float[] values = inputs.get(0).toFloatArray();
      for (int i = 0; i < values.length; i++) {
        values[i] *= values[i];
      }
      return NamedTensors.of(Tensor.of(values, inputs.get(0).spec().shape()));
    }
  }

  private void write(FrameKind kind, BodyWriter body) {
    switch (kind) {
      case OPEN -> ValueCodec.putAll(body, owner.devices, ValueCodec::put);
      case FACTS -> ValueCodec.put(body, facts());
      case LOAD -> {
        ValueCodec.put(body, Signature.UNKNOWN);
        body.putLong(0);
        body.putText("digest");
      }
      default -> {}
    }
  }

  private static Capabilities facts() {
    return new Capabilities(
        Capabilities.UNLIMITED,
        8,
        1,
        false,
        true,
        false,
        Capabilities.GraphKey.MODEL,
        Set.of(DType.FLOAT32),
        0);
  }

  @Override
  public int awaited() {
    return awaited;
  }

  @Override
  public int executing() {
    return executing;
  }

  @Override
  public int beat() {
    int seen = looks.incrementAndGet();
    return stopped ? 0 : seen;
  }

  @Override
  public void close() {
    closed = true;
    if (sticky) {
      throw new UncheckedIOException(new IOException("scripted"));
    }
  }
}
