package io.mpsparallel.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says about a run.
 *
 * @param command the command line itself
 * @param device where models run
 * @param rounds how often everything is measured
 * @param time each thing in each round
 * @param settings of all executors, where the scenario has none of its own
 * @param models a folder of models of known architectures; null if there is none
 * @param only the parts that are measured; empty for all
 * @param python figures of {@code gpu/cuda_python.py}; null if there are none
 * @param write whether what is expected of later runs is written, and not compared with
 */
record ScenarioOptions(
    String command,
    String device,
    int rounds,
    Duration time,
    List<String> settings,
    @Nullable Path models,
    List<String> only,
    @Nullable Path python,
    boolean write) {}
