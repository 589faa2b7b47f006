package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class AnswersTest extends LoadFixture {
  private final Tensor one = Tensor.of(new float[] {1}, 1);

  @Test
  void rightAnswers_areRight() {
    LoadedModel model = model("square");
    Answers answers = new Answers(model, input, one);

    Measured all = AsyncLoop.run(answers.job(model), 4, Limit.requests(100), Ticker.SYSTEM);

    assertThat(all.answers()).isEqualTo(100);
    assertThat(answers.areRight()).isTrue();
    assertThat(answers.difference()).isZero();
    assertThat(answers.lanes()).isPositive();
  }

  @Test
  void wrongAnswers_areSeen() {
    Answers answers = new Answers(model("square"), one, input);

    AsyncLoop.run(answers.job(new InstantModel()), 1, Limit.requests(2), Ticker.SYSTEM);

    assertThat(answers.areRight()).isFalse();
    assertThat(answers.difference()).isEqualTo(6); // 3 instead of 9
  }
}
