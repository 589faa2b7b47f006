/**
 * Guice wiring: the executor's own module. Needs Guice, which this artifact only has as an option.
 */
@NullMarked
package io.mpsparallel.inject;

import org.jspecify.annotations.NullMarked;
