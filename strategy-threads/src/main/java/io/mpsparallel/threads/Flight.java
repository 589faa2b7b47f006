package io.mpsparallel.threads;

import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.work.WorkItem;

/**
 * A request on its way through the device.
 *
 * @param item the request
 * @param model what runs it
 * @param slot where
 * @param done the event after it
 * @param startNanos when it was handed to the device
 */
record Flight(WorkItem item, Model model, Slot slot, Event done, long startNanos) {}
