package io.mpsparallel.policy;

import static io.mpsparallel.policy.Loop.SMALL;
import static io.mpsparallel.policy.Loop.TWO;
import static io.mpsparallel.policy.Loop.closed;
import static io.mpsparallel.policy.Loop.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.tensor.DType;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Choices that cannot serve for a while, or not one kind, or are not worth trying. */
final class AdaptiveFailureTest {
  private static final List<Choice> WITH_PROCESSES = List.of(Choice.THREADS, Choice.PROCESSES);

  private static Loop.Source source(double threads, double others) {
    return told -> List.of(closed(SMALL, told, 16, told.equals(Choice.THREADS) ? threads : others));
  }

  @Test
  void leave_whatServes_goesBackAndTriesItNoMore() {
    AdaptivePolicy policy = policy(WITH_PROCESSES);
    Loop loop = new Loop(policy, SMALL, 16).run(20, source(1000, 3000));
    assertThat(loop.present()).isEqualTo(Choice.PROCESSES);

    assertThat(policy.leave(Choice.PROCESSES))
        .containsExactly(new Decision(SMALL, 16, Choice.THREADS, Reason.FAILED, 0));

    assertThat(policy.choose(SMALL, 16)).isEqualTo(Choice.THREADS);
    assertThat(new Loop(policy, SMALL, 16).run(500, source(1000, 3000)).decisions()).isEmpty();
  }

  @Test
  void comeBack_whatWasBetter_isFoundAgain() {
    AdaptivePolicy policy = policy(WITH_PROCESSES);
    new Loop(policy, SMALL, 16).run(20, source(1000, 3000));
    policy.leave(Choice.PROCESSES);
    new Loop(policy, SMALL, 16).run(20, source(1000, 3000));

    policy.comeBack(Choice.PROCESSES);

    Loop loop = new Loop(policy, SMALL, 16).run(300, source(1000, 3000));
    assertThat(loop.reasons()).containsExactly(Reason.TRIAL, Reason.FASTER);
    assertThat(loop.present()).isEqualTo(Choice.PROCESSES);
  }

  @Test
  void leave_whatIsTried_endsTheTrial() {
    AdaptivePolicy policy = policy(WITH_PROCESSES);
    Loop loop = new Loop(policy, SMALL, 16);
    while (!loop.reasons().contains(Reason.TRIAL)) {
      loop.run(1, source(1000, 1000));
    }
    assertThat(policy.leave(Choice.PROCESSES))
        .containsExactly(new Decision(SMALL, 16, Choice.THREADS, Reason.FAILED, 0));
    assertThat(policy.leave(Choice.PROCESSES)).isEmpty();
  }

  @Test
  void leave_forOneKind_concernsNoOther() {
    WorkKind other = WorkKind.of("other", 1000);
    AdaptivePolicy policy = policy(WITH_PROCESSES);
    Loop loop = new Loop(policy, SMALL, 16).run(20, source(1000, 3000));
    policy.observe(List.of(closed(other, Choice.THREADS, 16, 100)));

    assertThat(policy.leave(SMALL, Choice.PROCESSES))
        .contains(new Decision(SMALL, 16, Choice.THREADS, Reason.FAILED, 0));
    assertThat(policy.leave(other, Choice.PROCESSES)).isEmpty(); // did not serve it

    policy.comeBack(Choice.PROCESSES);
    assertThat(policy.choose(SMALL, 16)).isEqualTo(Choice.THREADS);
    assertThat(loop.present()).isEqualTo(Choice.PROCESSES); // nobody told this loop
  }

  @Test
  void postpone_forOneKind_isTriedOnceItIsResumed() {
    AdaptivePolicy policy = policy(WITH_PROCESSES);
    Loop loop = new Loop(policy, SMALL, 16);
    while (!loop.reasons().contains(Reason.TRIAL)) {
      loop.run(1, source(1000, 3000));
    }
    policy.postpone(SMALL, Choice.PROCESSES);
    policy.postpone(WorkKind.of("unknown", 1), Choice.PROCESSES);
    assertThat(policy.choose(SMALL, 16)).isEqualTo(Choice.THREADS);
    assertThat(new Loop(policy, SMALL, 16).run(500, source(1000, 3000)).decisions()).isEmpty();

    policy.resume(SMALL, Choice.PROCESSES);
    policy.resume(WorkKind.of("unknown", 1), Choice.PROCESSES);

    Loop again = new Loop(policy, SMALL, 16).run(20, source(1000, 3000));
    assertThat(again.reasons()).containsExactly(Reason.TRIAL, Reason.FASTER);
  }

  @Test
  void leave_theLastThatIsLeft_doesNothing() {
    AdaptivePolicy policy = policy(WITH_PROCESSES);
    new Loop(policy, SMALL, 16).run(3, source(1000, 1000));
    policy.leave(Choice.PROCESSES);
    assertThat(policy.leave(Choice.THREADS)).isEmpty();
    assertThat(policy.choose(SMALL, 16)).isEqualTo(Choice.THREADS);
  }

  private static Capabilities device(boolean asynchronous) {
    return new Capabilities(
        Capabilities.UNLIMITED,
        31,
        1,
        asynchronous,
        true,
        !asynchronous,
        Capabilities.GraphKey.MODEL,
        Set.of(DType.FLOAT32),
        0);
  }

  @Test
  void facts_ofAGpu_leaveProcessesOutUnlessTheyAreAlone() {
    assertThat(PolicyFacts.of(Loop.ALL, device(true)).allowed()).isEqualTo(TWO);
    assertThat(PolicyFacts.of(Loop.ALL, device(false)).allowed()).isEqualTo(Loop.ALL);
    List<Choice> alone = List.of(Choice.PROCESSES, Choice.BATCHING_OVER_PROCESSES);
    assertThat(PolicyFacts.of(alone, device(true)).allowed()).isEqualTo(alone);
  }
}
