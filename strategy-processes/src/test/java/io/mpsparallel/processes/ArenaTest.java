package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Regions never overlap, and all that is freed is one again. */
class ArenaTest {
  private static final int BYTES = 64 << 10;
  private static final int FROM = 1000;

  private static Arena arena(Segment first) {
    return new Arena(first, FROM, (number, bytes) -> unlinked(first.create(number, BYTES)));
  }

  private static Segment unlinked(Segment segment) {
    segment.unlink();
    return segment;
  }

  private static Segment segment() {
    return unlinked(Segment.create(LinkPair.DIRECTORY, BYTES));
  }

  private static boolean overlap(Region a, Region b) {
    return a.segment() == b.segment()
        && a.offset() < b.offset() + Math.max(1, b.length())
        && b.offset() < a.offset() + Math.max(1, a.length());
  }

  @Property(tries = 200)
  void freeList_afterAnyUse_isWhole(
      @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 4000) Integer> steps) {
    FreeList free = new FreeList(64, 64 + BYTES);
    List<int[]> taken = new ArrayList<>();
    for (int step : steps) {
      if (step % 3 == 0 && !taken.isEmpty()) {
        int[] part = taken.remove(step % taken.size());
        free.give(part[0], part[1]);
        continue;
      }
      int bytes = (int) SlabLayout.aligned(step + 1);
      int start = free.take(bytes);
      if (start >= 0) {
        assertThat(start).isGreaterThanOrEqualTo(64);
        assertThat(start + bytes).isLessThanOrEqualTo(64 + BYTES);
        assertThat(taken).noneMatch(part -> part[0] < start + bytes && start < part[1]);
        taken.add(new int[] {start, start + bytes});
      }
    }
    assertThat(free.isWhole()).isEqualTo(taken.isEmpty());
    for (int[] part : taken) {
      free.give(part[0], part[1]);
    }
    assertThat(free.isWhole()).isTrue();
    assertThat(free.take(BYTES)).isEqualTo(64);
  }

  @Property(tries = 50)
  void regions_ofSeveralSegments_neverOverlap(
      @ForAll @Size(max = 40) List<@IntRange(min = 0, max = 30_000) Integer> sizes) {
    try (Arena arena = arena(segment())) {
      List<Region> regions = new ArrayList<>();
      for (int size : sizes) {
        Region region = arena.allocate(size);
        assertThat(region.offset() % SlabLayout.ALIGNMENT).isZero();
        assertThat(region.segment() > 0 || region.offset() >= FROM).isTrue();
        assertThat(regions).noneMatch(other -> overlap(region, other));
        assertThat(arena.memory(region).remaining()).isEqualTo(size);
        regions.add(region);
      }
      regions.forEach(arena::free);
      regions.forEach(
          region ->
              assertThatThrownBy(() -> arena.free(region))
                  .isInstanceOf(IllegalArgumentException.class));
      assertThat(arena.allocate(BYTES - FROM - 64).segment()).isZero();
    }
  }

  @Test
  void trim_takesOutWhatWasNotUsedLately() {
    Segment first = segment();
    try (Arena arena = arena(first)) {
      Region large = arena.allocate(BYTES);
      assertThat(large.segment()).isEqualTo(1);
      assertThat(arena.trim()).isEmpty();
      arena.free(large);
      assertThat(arena.trim()).containsExactly(1);
      assertThat(arena.trim()).isEmpty();
      assertThat(arena.allocate(BYTES).segment()).as("the number is used again").isEqualTo(1);
    }
  }

  @Test
  void region_ofAnArenaThatIsClosed_staysMapped() {
    Segment first = segment();
    Arena arena = arena(first);
    Region region = arena.allocate(100);
    arena.close();
    arena.memory(region).putInt(0, 7);
    assertThat(first.retain()).isTrue();
    first.close();
    arena.free(region);
    assertThat(first.retain()).as("unmapped with the last region").isFalse();
  }
}
