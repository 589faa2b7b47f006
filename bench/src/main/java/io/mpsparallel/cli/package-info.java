/** Reads files with what is package-private in cli; it runs on the class path. */
@NullMarked
package io.mpsparallel.cli;

import org.jspecify.annotations.NullMarked;
