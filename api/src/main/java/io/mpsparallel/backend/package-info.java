/**
 * The border to a device: what an engine implements and what strategies are written against.
 *
 * <pre>
 *   BackendProvider ──open──▶ Backend ──load──▶ Model ──newSlot──▶ Slot
 *                                │                                  │ bind / stage
 *                                └──acquireStream──▶ Stream ◀──run──┘
 *                                                      │
 *                                                      └──▶ Event ──done──▶ Slot.takeOutputs
 * </pre>
 *
 * <p>One forward goes: {@code slot.bind(inputs)}, then inside {@code stream.enter()} {@code
 * stream.run(slots)}, then wait for the event, then {@code slot.takeOutputs()}. Nobody waits inside
 * {@code run}, and a stream, its slots and its scope belong to one thread at a time.
 */
@NullMarked
package io.mpsparallel.backend;

import org.jspecify.annotations.NullMarked;
