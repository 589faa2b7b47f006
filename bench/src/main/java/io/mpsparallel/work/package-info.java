/** Measurements of the queue; they run on the class path. */
@NullMarked
package io.mpsparallel.work;

import org.jspecify.annotations.NullMarked;
