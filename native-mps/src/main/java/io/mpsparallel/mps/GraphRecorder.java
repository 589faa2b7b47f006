package io.mpsparallel.mps;

/**
 * Records the work of one stream, to be launched again as a whole. All recordings of a stream share
 * memory of their own: a stream's work runs in order, so what one has left behind no other needs.
 * One thread at a time, which is inside the stream, and inside the gate where there is one.
 */
interface GraphRecorder {
  /**
   * Records what some work puts on the stream; none of it runs.
   *
   * @param work encodes on the stream, and neither waits for it nor frees tensors
   * @return the recording, which the caller closes
   * @throws RecordingFailed if the work cannot be recorded; then it may run as it is
   * @throws io.mpsparallel.error.InferenceException if the stream or the device has failed
   */
  NativeGraph record(Runnable work);
}
