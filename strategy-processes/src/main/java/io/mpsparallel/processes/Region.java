package io.mpsparallel.processes;

/** A part of a segment: where one body lies. Checked by whoever makes a buffer of it. */
record Region(int segment, int offset, int length) {
  /** Of a frame without a body; it is not freed. */
  static final Region NONE = new Region(0, 0, 0);
}
