package io.mpsparallel.policy;

import java.util.ArrayDeque;

/**
 * The last few figures of one choice. Their median ignores a window that is far off. One thread.
 */
final class Recent {
  /** So many are needed for one that is far off not to count. */
  static final int ENOUGH = 3;

  private static final int MOST = 8;

  private final ArrayDeque<Figure> figures = new ArrayDeque<>(MOST);

  void add(Figure figure) {
    if (figures.size() == MOST) {
      figures.removeFirst();
    }
    figures.addLast(figure);
  }

  boolean isEnough() {
    return figures.size() >= ENOUGH;
  }

  boolean isEmpty() {
    return figures.isEmpty();
  }

  Figure median() {
    return Figure.median(figures);
  }
}
