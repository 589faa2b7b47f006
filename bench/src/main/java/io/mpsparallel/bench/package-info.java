/** Scenarios: measurements of strategies under load, each a report on standard output. */
@NullMarked
package io.mpsparallel.bench;

import org.jspecify.annotations.NullMarked;
