package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes, two pipes. */
@Timeout(120)
class LinkProcessTest {
  private static final int BYTES = 1 << 20;

  private static Process start(Segment first, long spinNanos) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            List.of(
                "/bin/sh",
                "-c",
                "exec \"$@\" 3<&0 4>&1 0</dev/null 1>&2",
                "sh",
                java,
                "-Xmx32m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                LinkChild.class.getName(),
                first.file().toString(),
                Integer.toString(BYTES),
                Long.toString(spinNanos)))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static ParentEnd link(Segment first, Process child, long spinNanos) {
    Bell bell = new PipeBell(child.getInputStream(), child.getOutputStream());
    return new ParentEnd(first, 1, bell, new Spin(spinNanos), 64 << 20);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 20_000})
  void child_answers_andEndsWithItsPipe(long spinNanos) throws Exception {
    Segment first = Segment.create(LinkPair.DIRECTORY, BYTES);
    Process child = start(first, spinNanos);
    try (ParentEnd parent = link(first, child, spinNanos)) {
      for (int i = 0; i < 2000; i++) {
        int floats = i % 500 == 499 ? 1 << 20 : 1024;
        float[] values = new float[floats];
        values[floats - 1] = i;
        try (NamedTensors inputs = NamedTensors.of(Tensor.of(values, floats))) {
          LinkPair.send(parent, inputs, BodyWriter.bytesFor(inputs));
        }
        try (Answer answer = parent.await();
            NamedTensors outputs = answer.takeTensors()) {
          assertThat(outputs.get(0).toFloatArray()[floats - 1]).isEqualTo(i);
        }
      }
    }
    assertThat(child.waitFor()).isZero();
  }

  @Test
  void child_thatIsKilled_isALostLink() throws Exception {
    Segment first = Segment.create(LinkPair.DIRECTORY, BYTES);
    Process child = start(first, 0);
    try (ParentEnd parent = link(first, child, 0);
        NamedTensors inputs = NamedTensors.of(Tensor.of(new float[10], 10))) {
      LinkPair.send(parent, inputs, 256);
      parent.await().close();
      child.destroyForcibly();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 2; i++) {
                  LinkPair.send(parent, inputs, 256);
                  parent.await().close();
                }
              })
          .isInstanceOf(LinkLost.class);
    }
    child.waitFor();
  }
}
