package io.mpsparallel.processes;

/** A part of a segment: where one body lies. Checked by whoever makes a buffer of it. */
record Region(int segment, int offset, int length) {}
