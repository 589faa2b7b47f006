/**
 * The command line: {@code run}, {@code doctor} and {@code demo}, and reading and writing NumPy's
 * files. Nothing here is for other code to call but {@link io.mpsparallel.cli.Main}.
 */
@NullMarked
package io.mpsparallel.cli;

import org.jspecify.annotations.NullMarked;
