package io.mpsparallel.policy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Requests of one kind that wait for servers and are answered, event by event and without a clock.
 * Either callers that hand in the next request when they have an answer (a closed loop), or
 * requests that arrive at a rate of their own (an open loop).
 */
final class SimulatedQueue {
  static final long WINDOW_NANOS = 250_000_000;

  /**
   * What serves the requests of one choice.
   *
   * @param lanes how many batches at once
   * @param fixedNanos what a batch takes
   * @param requestNanos what each request in it adds
   * @param most the most requests of a batch
   */
  record Servers(int lanes, double fixedNanos, double requestNanos, int most) {
    static Servers direct(int lanes, double nanos) {
      return new Servers(lanes, 0, nanos, 1);
    }
  }

  private record Event(double at, Choice choice, List<Double> answered) {}

  private static final class Route {
    final Servers servers;
    final ArrayDeque<Double> waiting = new ArrayDeque<>();
    int busy;
    int inFlight;
    double inFlightNanos;
    long requests;
    double requestNanos;

    Route(Servers servers) {
      this.servers = servers;
    }
  }

  private final WorkKind kind;
  private final Map<Choice, Route> routes = new LinkedHashMap<>();
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingDouble(Event::at));
  private final Random random;
  private double now;
  private long windows;
  private int callers;
  private int active;
  private double arrivalsPerSecond;
  private double nextArrival = Double.MAX_VALUE;

  SimulatedQueue(WorkKind kind, long seed, Map<Choice, Servers> servers) {
    this.kind = kind;
    random = new Random(seed);
    servers.forEach((choice, each) -> routes.put(choice, new Route(each)));
  }

  /** So many callers from now on, none of whom ever pauses. */
  void callers(int changed) {
    callers = changed;
  }

  /** So many requests a second from now on, whatever is answered. */
  void arrivals(double perSecond) {
    arrivalsPerSecond = perSecond;
    nextArrival = perSecond > 0 ? now + gap() : Double.MAX_VALUE;
  }

  private double gap() {
    return -Math.log(1 - random.nextDouble()) / arrivalsPerSecond * 1e9;
  }

  /** Lets a window pass in which all new requests go to one choice. */
  List<LoadSample> window(Choice told) {
    Route route = routes.get(told);
    double end = ++windows * (double) WINDOW_NANOS;
    while (active < callers) {
      active++;
      handIn(told, route);
    }
    while (Math.min(end, next()) < end) {
      if (nextArrival <= nextEvent()) {
        pass(nextArrival);
        handIn(told, route);
        nextArrival = now + gap();
      } else {
        answer(told);
      }
    }
    pass(end);
    return samples();
  }

  private double nextEvent() {
    return events.isEmpty() ? Double.MAX_VALUE : events.element().at();
  }

  private double next() {
    return Math.min(nextArrival, nextEvent());
  }

  private void pass(double until) {
    routes.values().forEach(route -> route.inFlightNanos += route.inFlight * (until - now));
    now = until;
  }

  private void handIn(Choice choice, Route route) {
    route.inFlight++;
    route.waiting.add(now);
    serve(choice, route);
  }

  private void serve(Choice choice, Route route) {
    while (route.busy < route.servers.lanes() && !route.waiting.isEmpty()) {
      List<Double> batch = new ArrayList<>();
      while (batch.size() < route.servers.most() && !route.waiting.isEmpty()) {
        batch.add(route.waiting.remove());
      }
      route.busy++;
      double mean = route.servers.fixedNanos() + batch.size() * route.servers.requestNanos();
      events.add(new Event(now + mean * (0.9 + 0.2 * random.nextDouble()), choice, batch));
    }
  }

  private void answer(Choice told) {
    Event event = events.remove();
    pass(event.at());
    Route route = routes.get(event.choice());
    route.busy--;
    for (double handedIn : event.answered()) {
      route.inFlight--;
      route.requests++;
      route.requestNanos += now - handedIn;
      if (active > 0 && active <= callers) {
        routes.get(told).inFlight++;
        routes.get(told).waiting.add(now);
      } else if (active > 0) {
        active--;
      }
    }
    routes.forEach(this::serve);
  }

  private List<LoadSample> samples() {
    List<LoadSample> samples = new ArrayList<>();
    routes.forEach(
        (choice, route) -> {
          if (route.inFlightNanos > 0) {
            long mean = route.requests == 0 ? 0 : (long) (route.requestNanos / route.requests);
            samples.add(
                new LoadSample(
                    kind,
                    choice,
                    route.inFlightNanos / WINDOW_NANOS,
                    route.requests,
                    route.requests,
                    WINDOW_NANOS,
                    mean));
          }
          route.inFlightNanos = 0;
          route.requests = 0;
          route.requestNanos = 0;
        });
    return samples;
  }
}
