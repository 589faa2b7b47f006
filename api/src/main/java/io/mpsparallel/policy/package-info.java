/** What a strategy is told to do. Values only: no clock, no threads, no I/O. */
@NullMarked
package io.mpsparallel.policy;

import org.jspecify.annotations.NullMarked;
