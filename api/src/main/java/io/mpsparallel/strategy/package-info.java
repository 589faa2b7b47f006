/**
 * The border to a form of parallelism: lanes, processes, batches. Strategies know only this and
 * below.
 */
@NullMarked
package io.mpsparallel.strategy;

import org.jspecify.annotations.NullMarked;
