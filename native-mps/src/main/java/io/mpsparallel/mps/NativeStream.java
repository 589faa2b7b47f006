package io.mpsparallel.mps;

import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a device, as its driver sees it.
 *
 * @param index 0 for the default stream
 * @param torch libtorch's object for it, or null where streams are no more than a number
 * @param raw the device library's object for it, or null likewise
 */
record NativeStream(int index, @Nullable Pointer torch, @Nullable Pointer raw) {}
