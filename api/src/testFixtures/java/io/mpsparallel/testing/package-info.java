/**
 * Fixtures for the tests of every module: a backend without native code, a checker for the rules of
 * Apple's queues, and the suites that any backend and any strategy must pass.
 */
@NullMarked
package io.mpsparallel.testing;

import org.jspecify.annotations.NullMarked;
