package io.mpsparallel.mps;

/** Sizes of cached memory: from 512 bytes, four steps to each doubling. */
final class SizeClass {
  /** How many classes there are. */
  static final int COUNT = 88;

  /** The class of what is larger than the largest class; never cached. */
  static final int NONE = -1;

  private static final int MIN_LOG = 9;

  private SizeClass() {}

  /** The smallest class that holds so many bytes, or {@link #NONE}. */
  static int of(int bytes) {
    if (bytes <= 1 << MIN_LOG) {
      return 0;
    }
    int last = bytes - 1;
    int log = 31 - Integer.numberOfLeadingZeros(last);
    int sizeClass = (log - MIN_LOG) * 4 + ((last >>> (log - 2)) & 3) + 1;
    return sizeClass < COUNT ? sizeClass : NONE;
  }

  /** The bytes of a class. */
  static int bytes(int sizeClass) {
    return (4 + (sizeClass & 3)) << (MIN_LOG - 2 + (sizeClass >>> 2));
  }
}
