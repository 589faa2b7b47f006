package io.mpsparallel.cli;

/** Text in HTML and SVG. Pure functions. */
final class Html {
  private Html() {}

  /** {@return text as it is written in HTML, also in an attribute} */
  static String text(Object value) {
    return value
        .toString()
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
