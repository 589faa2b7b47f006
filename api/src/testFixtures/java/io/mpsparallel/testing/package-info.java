/**
 * Fixtures for the tests of every module: a backend without native code, a checker for the rules of
 * Apple's queues, and the suite that any backend must pass.
 */
@NullMarked
package io.mpsparallel.testing;

import org.jspecify.annotations.NullMarked;
