/** Measurements of the policy of the strategy that chooses; they run on the class path. */
@NullMarked
package io.mpsparallel.policy;

import org.jspecify.annotations.NullMarked;
