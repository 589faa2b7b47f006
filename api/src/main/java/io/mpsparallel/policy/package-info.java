/**
 * What a strategy is told to do, how the CPUs are divided, and what is to serve which work: {@link
 * io.mpsparallel.policy.AdaptivePolicy}. No clock, no threads, no I/O.
 */
@NullMarked
package io.mpsparallel.policy;

import org.jspecify.annotations.NullMarked;
