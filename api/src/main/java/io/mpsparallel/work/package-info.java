/** Requests on their way: what a caller asked for, the bounded queue, deadlines, and the answer. */
@NullMarked
package io.mpsparallel.work;

import org.jspecify.annotations.NullMarked;
