package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two ends, one process: what is asked is answered, whatever its size. */
@Timeout(60)
class LinkTest {
  private static final int BYTES = 64 << 10;

  private static NamedTensors numbered(int number, int floats) {
    float[] values = new float[floats];
    Arrays.fill(values, number);
    return NamedTensors.of(Tensor.of(values, floats));
  }

  private static void expect(NamedTensors answer, int number, int floats) {
    float[] values = answer.get(0).toFloatArray();
    assertThat(values).hasSize(floats);
    assertThat(values[0]).isEqualTo(number);
    assertThat(values[floats - 1]).isEqualTo(number);
  }

  @Test
  void run_withRoom_answersOverSharedMemory() throws Exception {
    try (LinkPair pair = LinkPair.serving(BYTES, 1, LinkPair::echo)) {
      for (int i = 1; i <= 1000; i++) {
        try (NamedTensors inputs = numbered(i, 100)) {
          LinkPair.send(pair.parent, inputs, BodyWriter.bytesFor(inputs));
        }
        try (Answer answer = pair.parent.await();
            NamedTensors outputs = answer.takeTensors()) {
          assertThat(answer.number()).isEqualTo(i);
          expect(outputs, i, 100);
        }
      }
    }
  }

  @Test
  void run_withoutRoom_isSentAgain() throws Exception {
    try (LinkPair pair = LinkPair.serving(BYTES, 4, LinkPair::echo)) {
      for (int i = 0; i < 4; i++) {
        try (NamedTensors inputs = numbered(i, 500)) {
          LinkPair.send(pair.parent, inputs, 0);
        }
      }
      for (int i = 0; i < 4; i++) {
        try (Answer answer = pair.parent.await();
            NamedTensors outputs = answer.takeTensors()) {
          expect(outputs, i, 500);
        }
      }
    }
  }

  @Test
  void run_largerThanTheSlab_grows() throws Exception {
    try (LinkPair pair = LinkPair.serving(BYTES, 2, LinkPair::echo)) {
      for (int floats : new int[] {100_000, 1_000_000, 5, 2_000_000}) {
        try (NamedTensors inputs = numbered(7, floats)) {
          LinkPair.send(pair.parent, inputs, 0);
        }
        try (Answer answer = pair.parent.await();
            NamedTensors outputs = answer.takeTensors()) {
          expect(outputs, 7, floats);
        }
      }
    }
  }

  @Test
  void run_beyondTheLimit_isOutOfMemoryAndTheLinkGoesOn() throws Exception {
    int floats = (int) (LinkPair.MOST_BYTES / 4);
    try (LinkPair pair =
        LinkPair.serving(
            BYTES,
            1,
            frame -> {
              try (NamedTensors inputs = frame.body().getTensors(() -> {});
                  NamedTensors large = numbered(1, (int) inputs.get(0).toFloatArray()[0])) {
                frame.answer(large);
              }
            })) {
      for (int wanted : new int[] {floats, 10, floats, 10}) {
        try (NamedTensors inputs = numbered(wanted, 1)) {
          LinkPair.send(pair.parent, inputs, 0);
        }
        try (Answer answer = pair.parent.await()) {
          if (wanted == floats) {
            assertThatThrownBy(answer::takeTensors)
                .isInstanceOfSatisfying(
                    InferenceException.class,
                    e -> assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY));
          } else {
            answer.takeTensors().close();
          }
        }
      }
    }
  }

  @Test
  void run_thatFails_throwsWhatItFailedWith() throws Exception {
    String message = "x".repeat(2000);
    try (LinkPair pair =
        LinkPair.serving(
            BYTES,
            1,
            frame -> frame.fail(new InferenceException(ErrorCode.MODEL_FAILED, message)))) {
      try (NamedTensors inputs = numbered(1, 1)) {
        LinkPair.send(pair.parent, inputs, 0);
      }
      try (Answer answer = pair.parent.await()) {
        assertThatThrownBy(answer::takeTensors)
            .isInstanceOfSatisfying(
                InferenceException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_FAILED))
            .hasMessageEndingWith(message);
      }
    }
  }

  @Test
  void ask_whileFramesAreInHand_leavesThemInOrder() throws Exception {
    try (LinkPair pair =
        LinkPair.serving(
            BYTES,
            3,
            frame -> {
              if (frame.kind() == FrameKind.RUN) {
                LinkPair.echo(frame);
              } else {
                String text = frame.body().getText();
                frame.answer(out -> out.putText(text + text));
              }
            })) {
      try (NamedTensors one = numbered(1, 3);
          NamedTensors two = numbered(2, 3)) {
        LinkPair.send(pair.parent, one, 0);
        LinkPair.send(pair.parent, two, 0);
      }
      String long6k = "ab".repeat(3000);
      try (Answer answer = pair.parent.ask(FrameKind.REPORT, 0, out -> out.putText(long6k))) {
        assertThat(answer.body().getText()).isEqualTo(long6k + long6k);
      }
      for (int i = 1; i <= 2; i++) {
        try (Answer answer = pair.parent.await();
            NamedTensors outputs = answer.takeTensors()) {
          expect(outputs, i, 3);
        }
      }
    }
  }

  @Test
  void numbers_thatWrapAround_leaveOutZero() throws Exception {
    try (LinkPair pair = LinkPair.serving(BYTES, 3, -50, LinkPair::echo)) {
      Deque<Integer> numbers = new ArrayDeque<>();
      for (int i = 0; i < 100; i++) {
        try (NamedTensors inputs = numbered(i, 200)) {
          numbers.add(LinkPair.send(pair.parent, inputs, i % 7 == 0 ? 0 : 1000));
        }
        if (numbers.size() == 3) {
          try (Answer answer = pair.parent.await();
              NamedTensors outputs = answer.takeTensors()) {
            int number = numbers.remove();
            assertThat(answer.number()).isEqualTo(number).isNotZero();
            expect(outputs, i - 2, 200);
          }
        }
      }
    }
  }

  @Test
  void frames_answeredInAnyOrder_arriveInTheirs() throws Exception {
    List<WorkerLink.Frame> held = new ArrayList<>();
    try (LinkPair pair =
        LinkPair.serving(
            BYTES,
            3,
            frame -> {
              held.add(frame);
              if (held.size() == 3) {
                LinkPair.echo(held.get(2));
                LinkPair.echo(held.get(0));
                LinkPair.echo(held.get(1));
              }
            })) {
      for (int i = 1; i <= 3; i++) {
        try (NamedTensors inputs = numbered(i, 10)) {
          LinkPair.send(pair.parent, inputs, 256);
        }
      }
      for (int i = 1; i <= 3; i++) {
        try (Answer answer = pair.parent.await();
            NamedTensors outputs = answer.takeTensors()) {
          expect(outputs, i, 10);
        }
      }
    }
  }

  @Test
  void worker_thatIsThereFirst_waitsUntilTheSlabIsFormatted() throws Exception {
    Segment first = Segment.create(LinkPair.DIRECTORY, BYTES);
    LoopbackBell[] bells = LoopbackBell.pair();
    CompletableFuture<WorkerEnd> worker =
        CompletableFuture.supplyAsync(
            () -> new WorkerEnd(Segment.open(first.file(), BYTES), bells[1], Waiter.Look.NEVER));
    while (first.buffer().getInt(SlabLayout.WORKER_SLEEPS_AT) == 0) {
      Thread.onSpinWait();
    }
    try (ParentEnd parent =
        new ParentEnd(first, 1, bells[0], Waiter.Look.NEVER, LinkPair.MOST_BYTES)) {
      worker.join().close();
      assertThat(parent.executing()).isZero();
    }
  }

  @Test
  void executingAndBeat_areSeenByTheParent() throws Exception {
    try (LinkPair pair = LinkPair.idle(BYTES, 2)) {
      int beat = pair.parent.beat();
      pair.worker.beat();
      assertThat(pair.parent.beat()).isNotEqualTo(beat);
      int number;
      try (NamedTensors inputs = numbered(1, 1)) {
        number = LinkPair.send(pair.parent, inputs, 0);
      }
      assertThat(pair.parent.executing()).isZero();
      WorkerLink.Frame frame = pair.worker.poll();
      assertThat(pair.worker.poll()).isNull();
      assertThat(pair.parent.executing()).isEqualTo(number);
      assertThat(pair.parent.isAnswered(number)).isFalse();
      LinkPair.echo(frame);
      assertThat(pair.parent.isAnswered(number)).isTrue();
      assertThat(pair.parent.executing()).isZero();
      pair.parent.await().close();
    }
  }

  @Test
  void awaited_isTheFrameThatSomebodyWaitsFor() throws Exception {
    try (LinkPair pair = LinkPair.idle(BYTES, 2)) {
      int number;
      try (NamedTensors inputs = numbered(1, 1)) {
        number = LinkPair.send(pair.parent, inputs, 256);
      }
      assertThat(pair.parent.awaited()).isZero();
      CompletableFuture<Void> over = CompletableFuture.runAsync(() -> awaitOne(pair.parent));
      while (pair.parent.awaited() != number) {
        Thread.onSpinWait();
      }
      pair.first.buffer().putInt(SlabLayout.EXECUTING_AT, 77); // whatever it says
      assertThat(pair.parent.awaited()).isEqualTo(number);
      LinkPair.echo(pair.worker.poll());
      over.join();
      assertThat(pair.parent.awaited()).isZero();
    }
  }

  private static void awaitOne(ParentEnd parent) {
    try {
      parent.await().close();
    } catch (LinkLost e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void resend_isExecutingTheFrameWhoseAnswerItSends() throws Exception {
    Segment first = Segment.create(LinkPair.DIRECTORY, BYTES);
    LoopbackBell[] bells = LoopbackBell.pair();
    List<Integer> executing = new CopyOnWriteArrayList<>();
    Bell worker = noting(bells[1], () -> first.buffer().getInt(SlabLayout.EXECUTING_AT), executing);
    try (ParentEnd parent =
            new ParentEnd(first, 1, bells[0], Waiter.Look.NEVER, LinkPair.MOST_BYTES);
        WorkerEnd end =
            new WorkerEnd(Segment.open(first.file(), BYTES), worker, Waiter.Look.NEVER);
        NamedTensors inputs = numbered(1, 500)) {
      int number = LinkPair.send(parent, inputs, 0);
      LinkPair.echo(end.poll());
      CompletableFuture<Void> over = CompletableFuture.runAsync(() -> awaitOne(parent));
      while (first.buffer().getInt(SlabLayout.PARENT_SLEEPS_AT) == 0) {
        Thread.onSpinWait();
      }
      assertThat(end.poll()).isNull();
      over.join();
      assertThat(executing).containsExactly(number);
      assertThat(parent.executing()).isZero();
    }
  }

  /** Notes something whenever it is rung. */
  private static Bell noting(Bell bell, Supplier<Integer> what, List<Integer> noted) {
    return new Bell() {
      @Override
      public void ring() {
        noted.add(what.get());
        bell.ring();
      }

      @Override
      public boolean sleep() {
        return bell.sleep();
      }

      @Override
      public void close() {
        bell.close();
      }
    };
  }

  @Test
  void results_outliveTheLink() throws Exception {
    NamedTensors outputs;
    try (LinkPair pair = LinkPair.serving(BYTES, 1, LinkPair::echo)) {
      try (NamedTensors inputs =
          NamedTensors.of(
              Tensor.of(new float[] {1, 2}, 2), Tensor.of(DType.INT8, new byte[] {3}, 1))) {
        LinkPair.send(pair.parent, inputs, 0);
      }
      try (Answer answer = pair.parent.await()) {
        outputs = answer.takeTensors();
      }
    }
    assertThat(outputs.get(0).toFloatArray()).containsExactly(1, 2);
    assertThat(outputs.get(1).toByteArray()).containsExactly(3);
    outputs.close();
  }

  /** By the worker, since the parent may be killed before it can. */
  @Test
  void fileOfASegment_isDeletedByWhoMapsIt() throws Exception {
    try (LinkPair pair = LinkPair.idle(BYTES, 1)) {
      try (NamedTensors inputs = numbered(1, 100_000)) {
        LinkPair.send(pair.parent, inputs, 0);
      }
      Path second = pair.first.file().resolveSibling(pair.first.file().getFileName() + "-1");
      assertThat(second).exists();
      assertThat(pair.worker.poll()).isNotNull();
      assertThat(second).doesNotExist();
    }
  }

  @Test
  void file_isDeletedWithTheFirstAnswer() throws Exception {
    try (LinkPair pair = LinkPair.serving(BYTES, 1, LinkPair::echo)) {
      assertThat(Files.exists(pair.first.file())).isTrue();
      try (NamedTensors inputs = numbered(1, 1)) {
        LinkPair.send(pair.parent, inputs, 0);
      }
      pair.parent.await().close();
      assertThat(Files.exists(pair.first.file())).isFalse();
    }
  }

  @Test
  void link_ofAWorkerThatIsGone_isLost() throws Exception {
    try (LinkPair pair = LinkPair.idle(BYTES, 2)) {
      try (NamedTensors inputs = numbered(1, 1)) {
        LinkPair.send(pair.parent, inputs, 0);
      }
      pair.worker.close();
      assertThatThrownBy(pair.parent::await)
          .isInstanceOf(LinkLost.class)
          .hasMessage("the worker is gone");
      assertThatThrownBy(pair.parent::await).isInstanceOf(LinkLost.class);
      assertThatThrownBy(() -> pair.parent.ask(FrameKind.END, 0, out -> {}))
          .isInstanceOf(LinkLost.class);
    }
  }

  @Test
  void link_thatWasClosed_isLostAndSafe() {
    LinkPair pair = LinkPair.idle(BYTES, 1);
    Region region = pair.parent.allocate(100);
    pair.close();
    pair.close();
    pair.parent.memory(region).putInt(0, 1); // still mapped: the region holds it
    pair.parent.free(region);
    assertThat(pair.parent.isAnswered(1)).isFalse();
    assertThat(pair.parent.executing()).isZero();
    assertThatThrownBy(() -> pair.parent.ask(FrameKind.END, 0, out -> {}))
        .isInstanceOf(LinkLost.class);
    assertThatThrownBy(() -> pair.parent.allocate(1)).isInstanceOf(InferenceException.class);
  }
}
