/** Measures the link to a worker process, whose types only its own package can see. */
@NullMarked
package io.mpsparallel.processes;

import org.jspecify.annotations.NullMarked;
