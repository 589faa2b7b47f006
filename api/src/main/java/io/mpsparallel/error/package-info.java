/** What went wrong: stable codes, the part of the system each one is about, and one exception. */
@NullMarked
package io.mpsparallel.error;

import org.jspecify.annotations.NullMarked;
