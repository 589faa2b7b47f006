package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.List;

/**
 * The type of a TorchScript value, as far as tensors can express it. Immutable.
 *
 * @param kind what it is
 * @param parts the types inside: of an optional, a list or a dict one, of a tuple any number
 */
record ScriptType(Kind kind, List<ScriptType> parts) {
  /** What a type is. */
  enum Kind {
    TENSOR,
    INT,
    FLOAT,
    BOOL,
    OPTIONAL,
    LIST,
    TUPLE,
    DICT,
    /** Anything else; fine as long as nobody must give it. */
    OTHER
  }

  static final ScriptType TENSOR = new ScriptType(Kind.TENSOR, List.of());

  /** Reads TorchScript's own notation: {@code Tuple[Tensor, Dict[str, Tensor]]}. */
  static ScriptType parse(String text) {
    String type = text.strip();
    if (!type.endsWith("]")) {
      return leaf(type);
    }
    int bracket = type.indexOf('[');
    List<String> arguments = split(type.substring(bracket + 1, type.length() - 1));
    return switch (type.substring(0, bracket)) {
      case "Optional" -> nested(Kind.OPTIONAL, arguments);
      case "List" -> nested(Kind.LIST, arguments);
      case "Tuple" -> nested(Kind.TUPLE, arguments);
      case "Dict" ->
          arguments.get(0).equals("str")
              ? nested(Kind.DICT, arguments.subList(1, 2))
              : new ScriptType(Kind.OTHER, List.of());
      default -> new ScriptType(Kind.OTHER, List.of());
    };
  }

  private static ScriptType leaf(String name) {
    return switch (name) {
      case "Tensor" -> TENSOR;
      case "int" -> new ScriptType(Kind.INT, List.of());
      case "float" -> new ScriptType(Kind.FLOAT, List.of());
      case "bool" -> new ScriptType(Kind.BOOL, List.of());
      default -> new ScriptType(Kind.OTHER, List.of());
    };
  }

  private static ScriptType nested(Kind kind, List<String> arguments) {
    return new ScriptType(kind, arguments.stream().map(ScriptType::parse).toList());
  }

  /** Splits at the commas that are inside no bracket. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '[' -> depth++;
        case ']' -> depth--;
        case ',' -> {
          if (depth == 0) {
            parts.add(text.substring(start, i).strip());
            start = i + 1;
          }
        }
        default -> {}
      }
    }
    parts.add(text.substring(start).strip());
    return parts;
  }

  /** Whether it is a number, or an optional one. */
  boolean isNumber() {
    return switch (kind) {
      case INT, FLOAT, BOOL -> true;
      case OPTIONAL -> parts.get(0).isNumber();
      default -> false;
    };
  }

  /** Whether tensors can express a value of this type. */
  boolean isExpressible() {
    return kind != Kind.OTHER && parts.stream().allMatch(ScriptType::isExpressible);
  }

  /**
   * The expression that makes a value of this type out of tensors, in TorchScript.
   *
   * @param name the name of the value; parts have dotted names
   * @param tensors the names that the caller gives
   * @return the source of an expression over variables {@code t0}, {@code t1}, ... in that order
   */
  String expression(String name, List<String> tensors) {
    int index = tensors.indexOf(name);
    return switch (kind) {
      case TENSOR -> variable(name, index);
      case INT -> "int(" + variable(name, index) + ")";
      case FLOAT -> "float(" + variable(name, index) + ")";
      case BOOL -> "bool(" + variable(name, index) + ")";
      case OPTIONAL -> isGiven(name, tensors) ? parts.get(0).expression(name, tensors) : "None";
      case LIST -> list(name, tensors);
      case TUPLE -> tuple(name, tensors);
      case DICT -> dict(name, tensors);
      case OTHER ->
          throw new InferenceException(
              ErrorCode.UNSUPPORTED_VALUE,
              "input '" + name + "' is of a type that tensors cannot express");
    };
  }

  private static String variable(String name, int index) {
    if (index < 0) {
      throw new InferenceException(ErrorCode.INVALID_INPUT, "input '" + name + "' is missing");
    }
    return "t" + index;
  }

  static boolean isGiven(String name, List<String> tensors) {
    return tensors.stream().anyMatch(t -> t.equals(name) || t.startsWith(name + "."));
  }

  private String tuple(String name, List<String> tensors) {
    StringBuilder text = new StringBuilder("(");
    for (int i = 0; i < parts.size(); i++) {
      text.append(parts.get(i).expression(name + "." + i, tensors)).append(", ");
    }
    return text.append(')').toString();
  }

  private String list(String name, List<String> tensors) {
    List<String> elements = new ArrayList<>();
    while (isGiven(name + "." + elements.size(), tensors)) {
      elements.add(parts.get(0).expression(name + "." + elements.size(), tensors));
    }
    if (elements.isEmpty()) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          "input '" + name + ".0' is missing: a list has at least one part");
    }
    return elements.toString();
  }

  private String dict(String name, List<String> tensors) {
    List<String> entries = new ArrayList<>();
    for (String key : keys(name, tensors)) {
      entries.add(quoted(key) + ": " + parts.get(0).expression(name + "." + key, tensors));
    }
    if (entries.isEmpty()) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          "input '" + name + ".KEY' is missing: a dict has at least one part");
    }
    return "{" + String.join(", ", entries) + "}";
  }

  private static String quoted(String key) {
    String inside =
        key.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r");
    return '"' + inside + '"';
  }

  /** The first step below a dict's name, of every tensor that lies below it. */
  private List<String> keys(String name, List<String> tensors) {
    boolean leaves = parts.get(0).kind() == Kind.TENSOR;
    return tensors.stream()
        .filter(t -> t.startsWith(name + "."))
        .map(t -> t.substring(name.length() + 1))
        .map(t -> leaves || t.indexOf('.') < 0 ? t : t.substring(0, t.indexOf('.')))
        .distinct()
        .toList();
  }
}
