package io.mpsparallel.cli;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import io.mpsparallel.backend.BackendReport.Problem;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@link Health} for programs. Pure functions. */
final class HealthJson {
  private HealthJson() {}

  /** {@return a JSON object; fields are only ever added} */
  static String render(Health health) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("healthy", health.isHealthy());
    json.put("facts", health.report().facts());
    json.put("libraries", health.report().libraries());
    json.put("devices", health.tests().stream().map(HealthJson::test).toList());
    json.put("problems", health.problems().stream().map(HealthJson::problem).toList());
    ConfigRenderOptions options = ConfigRenderOptions.concise().setFormatted(true);
    return ConfigValueFactory.fromMap(json).render(options);
  }

  private static Map<String, @Nullable Object> test(SelfTest.Outcome test) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    boolean measured = Double.isFinite(test.maxDifference());
    json.put("device", test.device().toString());
    json.put("passed", test.passed());
    json.put("comparedWith", test.comparedWith());
    json.put("maxDifference", measured ? test.maxDifference() : null);
    json.put("milliseconds", measured ? test.time().toNanos() / 1e6 : null);
    json.put("failure", test.failure().isEmpty() ? null : test.failure());
    return json;
  }

  private static Map<String, Object> problem(Problem problem) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("what", problem.what());
    json.put("remedy", problem.remedy());
    json.put("severe", problem.severe());
    return json;
  }
}
