/**
 * What a caller types: an {@link io.mpsparallel.InferenceExecutor}, and the {@link
 * io.mpsparallel.LoadedModel}s in it.
 */
@NullMarked
package io.mpsparallel;

import org.jspecify.annotations.NullMarked;
