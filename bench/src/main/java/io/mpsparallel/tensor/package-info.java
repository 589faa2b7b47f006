/** Measurements of handles of tensors; they run on the class path. */
@NullMarked
package io.mpsparallel.tensor;

import org.jspecify.annotations.NullMarked;
