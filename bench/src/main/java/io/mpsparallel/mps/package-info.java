/** Measurements of what is package-private in native-mps; they run on the class path. */
@NullMarked
package io.mpsparallel.mps;

import org.jspecify.annotations.NullMarked;
