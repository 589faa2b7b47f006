/**
 * The strategy {@code processes}: requests run in worker processes, which are replaced when they
 * die.
 *
 * <pre>
 *   callers ──accept──▶ WorkSource ──poll──▶ WorkerRunner (thread) ─┐
 *      │                    ▲                                       ▼        shared memory, a byte on a pipe
 *      └──tryRunHere────────┼─ an idle worker, lent ──────▶ Member: ParentLink ══════════▶ WorkerLink: Worker
 *                           │ again                            │                                 │
 *                        Errand ◀── Verdict ◀── death ─────────┘                              Backend
 *                                                 Supervisor (thread) ──start, kill──▶ Launcher (thread)
 * </pre>
 *
 * <p>Three parts, each with few words to the others. Transport: {@link
 * io.mpsparallel.processes.ParentLink}, {@link io.mpsparallel.processes.WorkerLink} and what lies
 * below. The worker and its start: {@link io.mpsparallel.processes.Worker}, {@link
 * io.mpsparallel.processes.Launcher}. Who runs what, and what follows a death: {@link
 * io.mpsparallel.processes.Members}, {@link io.mpsparallel.processes.Supervisor}.
 */
@NullMarked
package io.mpsparallel.processes;

import org.jspecify.annotations.NullMarked;
