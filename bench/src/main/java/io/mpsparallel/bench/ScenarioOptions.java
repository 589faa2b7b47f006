package io.mpsparallel.bench;

import java.time.Duration;
import java.util.List;

/**
 * What the command line says about a run.
 *
 * @param command the command line itself
 * @param device where models run
 * @param rounds how often everything is measured
 * @param time each thing in each round
 * @param settings of all executors, where the scenario has none of its own
 */
record ScenarioOptions(
    String command, String device, int rounds, Duration time, List<String> settings) {}
