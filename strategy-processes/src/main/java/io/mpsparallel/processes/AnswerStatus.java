package io.mpsparallel.processes;

/** How a frame ended; the order is part of the layout's version. */
enum AnswerStatus {
  /** The answer is in its room. */
  DONE,
  /** An error code and a message are in the room. */
  FAILED,
  /** The room is too small; the frame says how many bytes are needed, and the answer is kept. */
  NO_ROOM
}
