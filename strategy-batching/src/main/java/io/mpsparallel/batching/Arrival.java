package io.mpsparallel.batching;

import org.jspecify.annotations.Nullable;

/**
 * A request that was handed in. Immutable.
 *
 * @param key what it must have in common with others
 * @param traits those of its model version
 * @param known the group of its key, if there was one
 * @param request what waits, not yet numbered
 */
record Arrival(BatchKey key, Traits traits, @Nullable Group known, Waiting request) {}
