/**
 * What a strategy is told to do, and how the CPUs are divided. Values only: no clock, no threads,
 * no I/O.
 */
@NullMarked
package io.mpsparallel.policy;

import org.jspecify.annotations.NullMarked;
