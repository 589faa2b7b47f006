/**
 * The engine on libtorch, through the JavaCPP presets: everything that is a fact about a device.
 *
 * <pre>
 *   TorchBackend ── TorchDevice (one per device) ── Driver: CpuDriver | CudaDriver | MpsDriver
 *        │               ├─ StreamPool ─▶ TorchStream          (what differs between devices)
 *        │               ├─ EncodeGate, CommitPolicy
 *        │               ├─ EventPool ─▶ PooledEvent
 *        │               └─ BufferPool
 *        └─ TorchModel ── ScriptModule (one loaded form) ── InputAdapter, OutputReader
 *                └─ TorchSlot: HostSlot | DeviceSlot
 * </pre>
 */
@NullMarked
package io.mpsparallel.mps;

import org.jspecify.annotations.NullMarked;
