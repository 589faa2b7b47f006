package io.mpsparallel.processes;

/** What a frame asks a worker for; the order is part of the layout's version. */
enum FrameKind {
  /** Open the engine: body engine id, settings. Answer: list of devices. */
  OPEN,
  /** Ask about one device, which is opened by that: body device. Answer: its facts. */
  FACTS,
  /** Map a segment, by the links themselves. Answer: empty; the file can go. */
  MAP,
  /** Let go of a segment that nothing lies in, by the links themselves. */
  UNMAP,
  /** Send an answer, for which there was no room, into a larger one; by the links themselves. */
  RESEND,
  /**
   * Write a form of a model that processes can share, or find it: body source, directory. Answer:
   * source, digest.
   */
  SHARE,
  /**
   * Load a model under the frame's model number: body source, device, digest or {@link
   * FileDigest#UNKNOWN}. Answer: signature, bytes of weights, digest.
   */
  LOAD,
  /** Close a model. */
  UNLOAD,
  /** One forward: body named tensors. Answer: named tensors. */
  RUN,
  /** Threads of a forward: body settings. */
  THREADS,
  /** Answer: the engine's report. */
  REPORT,
  /** Finish and exit with 0. */
  END
}
