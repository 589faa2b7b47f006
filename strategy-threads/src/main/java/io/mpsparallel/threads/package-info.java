/**
 * The strategy {@code threads}: long-lived lanes in this process.
 *
 * <pre>
 *   callers ──accept──▶ WorkQueue ──take──▶ LaneRunner (thread) ──▶ Lane (stream, slots, in flight)
 *      │                                        ▲                     ▲
 *      │                          hand, wake    │                     │
 *      └──tryRunHere──▶ Crew: IdleLanes ────────┘                     │
 *                         └── a lane that is idle, lent to a caller ──┘
 * </pre>
 *
 * <p>A lane is one stream with its slots. Its thread is on it while requests wait; when none do,
 * the thread steps off and sleeps, and a blocking caller may step on for one call, so that a
 * request on an idle executor is never handed over. {@link io.mpsparallel.threads.Crew} knows who
 * is on which lane and wakes no more threads than there is work for. There are never more forwards
 * at once than lanes, whoever runs them.
 *
 * <p>The thread's loop is {@code LaneRunner.step}: complete what is finished, take, run; wait only
 * when nothing else can be done.
 */
@NullMarked
package io.mpsparallel.threads;

import org.jspecify.annotations.NullMarked;
