/** What an executor does, as meters of Micrometer. */
@NullMarked
package io.mpsparallel.metrics;

import org.jspecify.annotations.NullMarked;
