package io.mpsparallel.bench;

import java.util.List;

/** Which linear algebra the presets are asked for. */
enum Blas {
  /** What they come with. */
  OPENBLAS("OpenBLAS"),
  /** What they take when a property says so. */
  MKL("MKL");

  private final String label;

  Blas(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  List<String> flags() {
    return this == MKL ? List.of("-Dorg.bytedeco.openblas.load=mkl") : List.of();
  }
}
