package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class IdleLanesTest {
  @Test
  void claimAny_severalIdle_takesTheLowestFirst() {
    IdleLanes idle = new IdleLanes();
    idle.add(63);
    idle.add(5);
    idle.add(0);
    assertThat(List.of(idle.claimAny(), idle.claimAny(), idle.claimAny(), idle.claimAny()))
        .containsExactly(0, 5, 63, IdleLanes.NONE);
  }

  /** Any sequence of calls does what a set of numbers does. */
  @Property
  void calls_inAnyOrder_behaveLikeASet(
      @ForAll List<@IntRange(max = 63) Integer> lanes,
      @ForAll List<@IntRange(max = 2) Integer> ops) {
    IdleLanes idle = new IdleLanes();
    BitSet model = new BitSet();
    for (int i = 0; i < Math.min(lanes.size(), ops.size()); i++) {
      int lane = lanes.get(i);
      switch (ops.get(i)) {
        case 0 -> {
          idle.add(lane);
          model.set(lane);
        }
        case 1 -> {
          assertThat(idle.claim(lane)).isEqualTo(model.get(lane));
          model.clear(lane);
        }
        default -> {
          int lowest = model.nextSetBit(0);
          assertThat(idle.claimAny()).isEqualTo(lowest);
          if (lowest >= 0) {
            model.clear(lowest);
          }
        }
      }
      assertThat(idle.count()).isEqualTo(model.cardinality());
    }
  }
}
