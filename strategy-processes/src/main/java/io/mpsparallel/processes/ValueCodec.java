package io.mpsparallel.processes;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ThreadSettings;

/** Values of the api in bodies. A warm-up is not written: its cases are run like requests. */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class ValueCodec {
  private ValueCodec() {}

  static void put(BodyWriter out, BackendSettings value) {
    throw new UnsupportedOperationException("to be built");
  }

  static BackendSettings settings(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }

  static void put(BodyWriter out, ThreadSettings value) {
    throw new UnsupportedOperationException("to be built");
  }

  static ThreadSettings threads(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }

  static void put(BodyWriter out, Device value) {
    throw new UnsupportedOperationException("to be built");
  }

  static Device device(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }

  static void put(BodyWriter out, Capabilities value) {
    throw new UnsupportedOperationException("to be built");
  }

  static Capabilities capabilities(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }

  static void put(BodyWriter out, ModelSource value) {
    throw new UnsupportedOperationException("to be built");
  }

  static ModelSource source(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }

  static void put(BodyWriter out, Signature value) {
    throw new UnsupportedOperationException("to be built");
  }

  static Signature signature(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }

  static void put(BodyWriter out, BackendReport value) {
    throw new UnsupportedOperationException("to be built");
  }

  static BackendReport report(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }

  static void put(BodyWriter out, InferenceException value) {
    throw new UnsupportedOperationException("to be built");
  }

  /** An unknown code is a NATIVE_FAILURE. */
  static InferenceException failure(BodyReader in) {
    throw new UnsupportedOperationException("to be built");
  }
}
