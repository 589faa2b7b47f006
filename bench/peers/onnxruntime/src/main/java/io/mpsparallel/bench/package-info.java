/** ONNX Runtime, as a peer; the same package as that of the load, which is nobody's library. */
@NullMarked
package io.mpsparallel.bench;

import org.jspecify.annotations.NullMarked;
