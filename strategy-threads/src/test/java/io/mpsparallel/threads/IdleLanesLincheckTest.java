package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** No lane is in two hands, in any interleaving that is tried. */
class IdleLanesLincheckTest {
  private static ModelCheckingOptions options() {
    return new ModelCheckingOptions()
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(0)
        .actorsAfter(1)
        .iterations(10)
        .invocationsPerIteration(300);
  }

  /** Lanes 0 to 2, idle at first. */
  @Param(name = "lane", gen = IntGen.class, conf = "0:2")
  public static class Claims {
    final IdleLanes idle = new IdleLanes();

    public Claims() {
      idle.add(0);
      idle.add(1);
    }

    @Operation
    public int claimAny() {
      return idle.claimAny();
    }

    @Operation
    public boolean claim(@Param(name = "lane") int lane) {
      return idle.claim(lane);
    }

    @Operation
    public void add(@Param(name = "lane") int lane) {
      idle.add(lane);
    }
  }

  /** What a claim must not be: a look and then a change. */
  public static class BrokenClaims {
    private volatile int lanes = 1;

    @Operation
    public boolean claim() {
      if (lanes > 0) {
        lanes = 0;
        return true;
      }
      return false;
    }
  }

  @Test
  void claims_byThreeThreads_areLinearizable() {
    options().check(Claims.class);
  }

  @Test
  void brokenClaims_areFound() {
    assertThatThrownBy(() -> options().check(BrokenClaims.class))
        .isInstanceOf(AssertionError.class);
  }
}
