/** Immutable settings, validated when they are made. No parser: {@code config} makes them. */
@NullMarked
package io.mpsparallel.settings;

import org.jspecify.annotations.NullMarked;
