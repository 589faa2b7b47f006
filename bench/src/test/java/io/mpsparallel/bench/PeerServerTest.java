package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PeerServerTest {
  private final Set<Integer> callers = ConcurrentHashMap.newKeySet();
  private final AtomicLong calls = new AtomicLong();

  /** Negates what it gets. */
  private final class Negation implements Peer {
    @Override
    public String facts() {
      return "a peer 1.0";
    }

    @Override
    public float[] answer(float[] row) {
      float[] values = row.clone();
      for (int i = 0; i < values.length; i++) {
        values[i] = -values[i];
      }
      return values;
    }

    @Override
    public LongConsumer caller(int number) {
      callers.add(number);
      return request -> calls.incrementAndGet();
    }
  }

  private List<String> serve(String... lines) {
    StringWriter out = new StringWriter();
    BufferedReader in = new BufferedReader(new StringReader(String.join("\n", lines)));
    PeerServer.serve(new Negation(), in, new PrintWriter(out));
    return out.toString().lines().toList();
  }

  @Test
  void start_saysWhatThePeerIs() {
    assertThat(serve()).containsExactly("ready a peer 1.0");
  }

  @Test
  void answer_isThatOfThePeer() {
    String input = Wire.text(new float[] {1, -2});

    List<String> lines = serve("answer " + input, "answer " + input);

    assertThat(lines).hasSize(3);
    assertThat(lines.get(2)).startsWith("answer ");
    assertThat(Wire.floats(lines.get(2).substring(7))).containsExactly(-1, 2);
  }

  @Test
  void run_isALoopOfSoManyThreads() {
    List<String> lines = serve("run 3 2000000");

    Measured measured = Wire.measured(lines.get(1).substring("done ".length()));
    assertThat(callers).containsExactlyInAnyOrder(0, 1, 2);
    assertThat(measured.answers()).isEqualTo(calls.get()).isPositive();
    assertThat(measured.elapsed().toNanos()).isGreaterThanOrEqualTo(2_000_000);
  }

  @Test
  void anythingElse_isRefused() {
    assertThatThrownBy(() -> serve("walk"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("walk (expected: answer or run)");
  }
}
