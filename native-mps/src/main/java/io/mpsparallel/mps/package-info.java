/**
 * libtorch on Apple GPUs, NVIDIA GPUs and CPUs. Everything here is package-private but the provider
 * and the Guice module.
 */
@NullMarked
package io.mpsparallel.mps;

import org.jspecify.annotations.NullMarked;
