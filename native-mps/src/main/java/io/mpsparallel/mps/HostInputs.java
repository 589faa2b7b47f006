package io.mpsparallel.mps;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one forward after another, as libtorch sees them: views of the callers' memory.
 * Each native object costs a tenth of a small forward, so they are kept, and a view is made anew
 * only where the memory or the spec is another than last time. Between forwards a view may point to
 * memory that is gone; nobody looks at it then. One thread.
 */
final class HostInputs {
  private @Nullable IValueVector vector;
  private org.bytedeco.pytorch.Tensor[] views = {};
  private WeakReference<Tensor>[] bound = references(0);
  private long[] addresses = {};

  /**
   * Brings the arguments up to date.
   *
   * @param given the inputs, which the caller keeps open until the forward is over
   * @param reuse whether a view of last time may serve again; false where the model might have
   *     changed the view itself, in place
   * @return the arguments, which stay this object's
   */
  IValueVector bind(NamedTensors given, boolean reuse) {
    IValueVector arguments = vector;
    if (arguments == null || views.length != given.size()) {
      free();
      arguments = vector = new IValueVector(given.size());
      views = new org.bytedeco.pytorch.Tensor[given.size()];
      bound = references(given.size());
      addresses = new long[given.size()];
    }
    for (int i = 0; i < views.length; i++) {
      Tensor input = given.get(i);
      if (!reuse || !isBound(i, input)) {
        rebind(arguments, i, input);
      }
    }
    return arguments;
  }

  @SuppressWarnings("unchecked") // an array of a generic type cannot be made otherwise
  private static WeakReference<Tensor>[] references(int count) {
    return (WeakReference<Tensor>[]) new WeakReference<?>[count];
  }

  private boolean isBound(int i, Tensor input) {
    WeakReference<Tensor> last = bound[i];
    Tensor before = last == null ? null : last.get();
    return before != null && before.overlays(input) && before.spec().equals(input.spec());
  }

  private void rebind(IValueVector arguments, int i, Tensor input) {
    org.bytedeco.pytorch.Tensor fresh = TorchSlot.view(input);
    try (IValue value = new IValue(fresh)) {
      arguments.put(i, value);
    }
    if (views[i] != null) {
      views[i].deallocate();
    }
    views[i] = fresh;
    addresses[i] = fresh.data_ptr().address();
    bound[i] = new WeakReference<>(input);
  }

  /** The addresses of the inputs, in order. */
  long[] addresses() {
    return addresses;
  }

  /** Frees the native objects; they are made anew when needed. */
  void free() {
    if (vector != null) {
      vector.deallocate();
      vector = null;
    }
    for (org.bytedeco.pytorch.Tensor view : views) {
      if (view != null) {
        view.deallocate();
      }
    }
    views = new org.bytedeco.pytorch.Tensor[0];
    Arrays.fill(bound, null);
  }
}
