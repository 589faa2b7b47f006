/** The strategy that chooses between strategies, from what it sees of each kind of work. */
@NullMarked
package io.mpsparallel.adaptive;

import org.jspecify.annotations.NullMarked;
