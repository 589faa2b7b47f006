/** When a place where requests run is left alone for a while. */
@NullMarked
package io.mpsparallel.resilience;

import org.jspecify.annotations.NullMarked;
