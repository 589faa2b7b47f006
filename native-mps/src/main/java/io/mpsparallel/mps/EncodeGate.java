package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides how many threads may encode work for a device at once. Any thread; not reentrant. Nobody
 * waits for the device while inside.
 *
 * <p>A thread that comes may overtake those that wait, which saves a hand-over each time, until one
 * has waited for {@link #PATIENCE_NANOS}; from then on all queue in order until it was served.
 */
final class EncodeGate {
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final Logger LOG = LoggerFactory.getLogger(EncodeGate.class);
  private static final ConcurrentHashMap<String, EncodeGate> PROCESS = new ConcurrentHashMap<>();
  private static final EncodeGate UNLIMITED = new EncodeGate("unlimited", 0, new Stripe[0]);

  private final String device;
  private final int width;
  private final Stripe[] stripes;

  // One for each gate: threads of tests hold several.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<Stripe> held = new ThreadLocal<>();

  /** The permits of one stripe, and how many wait so long that nobody may overtake them. */
  private static final class Stripe {
    final Semaphore permits;
    final AtomicInteger impatient = new AtomicInteger();

    Stripe(int width) {
      permits = new Semaphore(width, true);
    }
  }

  /** A gate that lets {@code width} threads into each of its stripes. */
  EncodeGate(String device, int width, int stripes) {
    this(device, positive("width", width), new Stripe[positive("stripes", stripes)]);
    for (int i = 0; i < stripes; i++) {
      this.stripes[i] = new Stripe(width);
    }
  }

  private EncodeGate(String device, int width, Stripe[] stripes) {
    this.device = requireNonNull(device, "device");
    this.width = width;
    this.stripes = stripes;
  }

  /** The gate of a device that does not mind: never closed, never held. */
  static EncodeGate unlimited() {
    return UNLIMITED;
  }

  /** The one gate of this process for a type of device; the first caller decides its size. */
  static EncodeGate processWide(String device, int width, int stripes) {
    int colon = device.indexOf(':');
    String type = colon < 0 ? device : device.substring(0, colon);
    EncodeGate gate = PROCESS.computeIfAbsent(type, t -> new EncodeGate(t, width, stripes));
    if (gate.width != width || gate.stripes.length != stripes) {
      LOG.warn(
          "encode gate of {}: width {} and stripes {} are ignored, this process has {} and {}",
          type,
          width,
          stripes,
          gate.width,
          gate.stripes.length);
    }
    return gate;
  }

  /** Enters the stripe of a key, waiting without limit for those inside; deaf to interrupts. */
  void enter(int stripeKey) {
    if (this == UNLIMITED) {
      return;
    }
    if (held.get() != null) {
      throw new InferenceException(
          ErrorCode.MISUSE,
          "encode gate of " + device + ": entered twice by one thread; leave it first");
    }
    Stripe stripe = stripe(stripeKey);
    if (stripe.impatient.get() > 0 || !stripe.permits.tryAcquire()) {
      queue(stripe);
    }
    held.set(stripe);
  }

  /** Leaves the stripe of a key, on the thread that entered it. */
  void exit(int stripeKey) {
    if (this == UNLIMITED) {
      return;
    }
    Stripe stripe = held.get();
    if (stripe == null || stripe != stripe(stripeKey)) {
      throw new InferenceException(
          ErrorCode.MISUSE,
          "encode gate of " + device + ": left by a thread that did not enter with this key");
    }
    held.remove();
    stripe.permits.release();
  }

  boolean heldByCurrentThread() {
    return this != UNLIMITED && held.get() != null;
  }

  /** Throws {@code MISUSE} if the calling thread is inside; {@code what} is what it wants to do. */
  void checkNotHeld(String what) {
    if (heldByCurrentThread()) {
      throw new InferenceException(
          ErrorCode.MISUSE,
          "waiting for the device while holding the encode gate of "
              + device
              + " ("
              + what
              + "): leave the gate first");
    }
  }

  /** Which stripe a key belongs to. */
  int stripeOf(int stripeKey) {
    return Spread.place(stripeKey, stripes.length);
  }

  private Stripe stripe(int stripeKey) {
    return stripes[stripeOf(stripeKey)];
  }

  private static void queue(Stripe stripe) {
    boolean interrupted = false;
    try {
      if (stripe.permits.tryAcquire(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    stripe.impatient.incrementAndGet();
    stripe.permits.acquireUninterruptibly();
    stripe.impatient.decrementAndGet();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static int positive(String name, int value) {
    if (value < 1) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "encode gate " + name + ": " + value + " (expected: 1 or more)");
    }
    return value;
  }
}
