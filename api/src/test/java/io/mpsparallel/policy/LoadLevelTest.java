package io.mpsparallel.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LoadLevelTest {
  private static LoadLevel after(double start, double... windows) {
    LoadLevel level = new LoadLevel(start);
    for (double inFlight : windows) {
      level.moves(inFlight);
    }
    return level;
  }

  @Test
  void moves_twoWindowsAgree_takesTheLater() {
    assertThat(after(1, 30).bucket()).isEqualTo(1);
    assertThat(after(1, 30, 64).bucket()).isEqualTo(64);
    assertThat(after(64, 20, 1).bucket()).isEqualTo(1);
  }

  @Test
  void moves_windowsDisagree_stays() {
    assertThat(after(8, 64, 1, 64, 1, 8, 64, 8, 64).bucket()).isEqualTo(8);
  }

  @Test
  void moves_downwards_needsMoreThanUpwards() {
    assertThat(after(8, 16, 16).bucket()).isEqualTo(16);
    assertThat(after(16, 12, 12, 12).bucket()).isEqualTo(16);
    assertThat(after(16, 11, 11).bucket()).isEqualTo(8);
  }

  @Test
  void moves_nothingInFlight_isOneCaller() {
    assertThat(after(1, 0, 0, 0).isCalm()).isTrue();
    assertThat(after(4, 0, 0).bucket()).isEqualTo(1);
  }

  @Property(tries = 100)
  void moves_hoveringAtABorder_movesOnceAtMost(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int border) {
    Random random = new Random(seed);
    double middle = 1 << border;
    LoadLevel level = new LoadLevel(middle * 0.75);
    int moves = 0;
    for (int i = 0; i < 1000; i++) {
      moves += level.moves(middle * (0.75 + 0.5 * random.nextDouble())) ? 1 : 0;
    }
    assertThat(moves).isEqualTo(1);
  }

  // ---- fewer in flight, because the choice changed ----

  private static int windowsHeld(LoadLevel level, double inFlight) {
    int windows = 0;
    while (windows < 1000 && !level.moves(inFlight)) {
      windows++;
    }
    return windows;
  }

  @Test
  void follow_fewerInFlight_isTheSameLoadForAWhile() {
    LoadLevel level = new LoadLevel(64);
    level.follow(64, 6);
    assertThat(level.holds(6)).isTrue();
    assertThat(level.holds(2)).isFalse();
    assertThat(level.holds(64)).isFalse();
    assertThat(windowsHeld(level, 6)).isEqualTo(8);
    assertThat(level.bucket()).isEqualTo(4);
  }

  @Test
  void follow_formerLoadComesBackAtOnce_isHeldTwiceAsLong() {
    LoadLevel level = new LoadLevel(64);
    for (int hold = 8; hold <= 64; hold *= 2) {
      level.follow(64, 1);
      assertThat(windowsHeld(level, 1)).isEqualTo(hold);
      assertThat(windowsHeld(level, 64)).isEqualTo(1);
    }
  }

  @Test
  void follow_formerLoadStaysAway_startsAgain() {
    LoadLevel level = new LoadLevel(64);
    level.follow(64, 1);
    windowsHeld(level, 1);
    for (int i = 0; i < 20; i++) {
      level.moves(1);
    }
    windowsHeld(level, 64);
    level.follow(64, 1);
    assertThat(windowsHeld(level, 1)).isEqualTo(8);
  }

  @Test
  void follow_moreInFlight_isAnotherLoad() {
    LoadLevel level = new LoadLevel(1);
    level.follow(1, 64);
    assertThat(windowsHeld(level, 64)).isEqualTo(1);
    assertThat(level.bucket()).isEqualTo(64);
  }
}
