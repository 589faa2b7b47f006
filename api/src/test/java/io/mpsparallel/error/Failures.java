package io.mpsparallel.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What tests say about a call that must fail. */
public final class Failures {
  private Failures() {}

  /** The call throws an {@link InferenceException} of that code, and its message has the parts. */
  public static void assertFails(ErrorCode code, ThrowingCallable call, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(InferenceException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageStartingWith(code + ": ")
        .satisfies(
            e ->
                assertThat(List.of(parts))
                    .allSatisfy(part -> assertThat(e).hasMessageContaining(part)));
  }
}
