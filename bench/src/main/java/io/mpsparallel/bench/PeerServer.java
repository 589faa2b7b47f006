package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The side of a peer's process: puts a load on the peer whenever the other side, {@link PeerChild},
 * says so. Lines of text, one answer for each:
 *
 * <pre>
 *                          ready FACTS         at the start
 *   answer VALUES          answer VALUES       the output for an input
 *   run THREADS NANOS      done MEASURED       a closed loop of so many threads for so long
 * </pre>
 *
 * {@link Wire} has the forms of values and of what was measured. It ends with its input. One
 * thread.
 */
final class PeerServer {
  private final Peer peer;

  private PeerServer(Peer peer) {
    this.peer = peer;
  }

  /** Serves standard input, to its end. */
  static void serve(Peer peer) {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    serve(peer, in, new PrintWriter(System.out, true, StandardCharsets.UTF_8));
  }

  /** As {@link #serve(Peer)}, with other streams. */
  static void serve(Peer peer, BufferedReader in, PrintWriter out) {
    PeerServer server = new PeerServer(peer);
    out.println("ready " + peer.facts());
    try {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.println(server.reply(line.split(" ", -1)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String reply(String[] words) {
    return switch (words[0]) {
      case "answer" -> "answer " + Wire.text(peer.answer(Wire.floats(words[1])));
      case "run" -> "done " + Wire.text(run(words[1], words[2]));
      default -> throw new IllegalArgumentException(words[0] + " (expected: answer or run)");
    };
  }

  private Measured run(String threads, String nanos) {
    Limit limit = Limit.time(Duration.ofNanos(Long.parseLong(nanos)));
    return BlockedLoop.runEach(peer::caller, Integer.parseInt(threads), limit, Ticker.SYSTEM);
  }
}
