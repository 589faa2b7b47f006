package io.mpsparallel.testing;

/** A rule that a {@link FakeBackend} breaks on purpose, so that checkers can be seen to object. */
public enum FakeMisbehaviour {
  /** Several threads encode at once. */
  NO_GATE,
  /** It waits for the device inside the gate. */
  WAIT_IN_GATE,
  /** It waits for work that was not handed to the device. */
  NO_COMMIT,
  /** It lets any thread use any stream. */
  NO_OWNERSHIP,
  /** A stream comes back from the pool with work still on it. */
  NO_DRAIN,
  /** The device-wide synchronise leaves out all streams but the default one. */
  SYNCHRONIZE_DEFAULT_ONLY,
  /** It goes on encoding after it was closed. */
  ENCODE_AFTER_CLOSE
}
