/** Values that cross the border to a model: dtypes, specs, and tensors over direct memory. */
@NullMarked
package io.mpsparallel.tensor;

import org.jspecify.annotations.NullMarked;
