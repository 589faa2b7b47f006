package io.mpsparallel.work;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Whether anybody is served by strategies that share devices: what one of them prepares takes time
 * from the requests of all. Any thread.
 */
public final class SharedTraffic {
  private final List<Member> members = new CopyOnWriteArrayList<>();

  /** One of those that serve. */
  public interface Member {
    /** {@return a number that changes whenever it has served a request} */
    long served();

    /** {@return whether requests wait for it} */
    boolean hasRequests();

    /**
     * A member of two answers.
     *
     * @param served as {@link #served}
     * @param waiting as {@link #hasRequests}
     * @return a member
     */
    static Member of(LongSupplier served, BooleanSupplier waiting) {
      return new Member() {
        @Override
        public long served() {
          return served.getAsLong();
        }

        @Override
        public boolean hasRequests() {
          return waiting.getAsBoolean();
        }
      };
    }
  }

  /** Nobody serves yet. */
  public SharedTraffic() {}

  /**
   * One more serves.
   *
   * @param member who, until it {@linkplain #leave leaves}
   */
  public void join(Member member) {
    members.add(member);
  }

  /**
   * One less serves.
   *
   * @param member who has joined
   */
  public void leave(Member member) {
    members.remove(member);
  }

  /**
   * A count of what was served.
   *
   * @return a number that changes whenever a request is served
   */
  public long served() {
    long sum = 0;
    for (Member member : members) {
      sum += member.served();
    }
    return sum;
  }

  /** {@return whether requests wait for any of them} */
  public boolean hasRequests() {
    for (Member member : members) {
      if (member.hasRequests()) {
        return true;
      }
    }
    return false;
  }
}
