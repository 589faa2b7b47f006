/** Events of Java Flight Recorder. */
@NullMarked
package io.mpsparallel.event;

import org.jspecify.annotations.NullMarked;
