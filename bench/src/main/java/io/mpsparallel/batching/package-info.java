/** Measurements of what is package-private in strategy-batching; they run on the class path. */
@NullMarked
package io.mpsparallel.batching;

import org.jspecify.annotations.NullMarked;
