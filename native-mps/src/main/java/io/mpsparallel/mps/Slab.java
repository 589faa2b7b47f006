package io.mpsparallel.mps;

import java.nio.ByteBuffer;

/** A piece of memory that a pool lends out, whole, again and again. */
record Slab(ByteBuffer memory, int sizeClass, int capacity) {}
