/** HOCON to settings, and the description beside a model file. */
@NullMarked
package io.mpsparallel.config;

import org.jspecify.annotations.NullMarked;
