package io.mpsparallel.processes;

import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import io.mpsparallel.settings.ThreadSettings;
import java.time.Duration;

/** Settings of an engine in bodies, as {@link ValueCodec} writes other values. Pure functions. */
final class SettingsCodec {
  private SettingsCodec() {}

  static void put(BodyWriter out, BackendSettings value) {
    put(out, value.threads());
    put(out, value.streams());
    put(out, value.path());
    out.putLong(value.poolBytes());
    put(out, value.eventTimeout());
    put(out, value.closeTimeout());
    ValueCodec.put(out, value.tf32());
  }

  static BackendSettings settings(BodyReader in) {
    return ValueCodec.checked(
        () ->
            new BackendSettings(
                threads(in),
                streams(in),
                path(in),
                in.getLong(),
                duration(in),
                duration(in),
                ValueCodec.flag(in)));
  }

  static void put(BodyWriter out, ThreadSettings value) {
    out.putInt(value.intraOp());
    out.putInt(value.blas());
  }

  static ThreadSettings threads(BodyReader in) {
    return ValueCodec.checked(() -> new ThreadSettings(in.getInt(), in.getInt()));
  }

  private static void put(BodyWriter out, StreamSettings value) {
    out.putInt(value.capacity());
    put(out, value.patience());
    out.putText(value.commit().name());
    out.putInt(value.gateWidth());
  }

  private static StreamSettings streams(BodyReader in) {
    return new StreamSettings(
        in.getInt(), duration(in), CommitMode.valueOf(in.getText()), in.getInt());
  }

  private static void put(BodyWriter out, PathSettings value) {
    out.putText(value.mode().name());
    out.putLong(value.thresholdBytes());
    out.putInt(value.cacheEntries());
  }

  private static PathSettings path(BodyReader in) {
    return new PathSettings(PathMode.valueOf(in.getText()), in.getLong(), in.getInt());
  }

  private static void put(BodyWriter out, Duration value) {
    out.putLong(value.getSeconds());
    out.putInt(value.getNano());
  }

  private static Duration duration(BodyReader in) {
    return Duration.ofSeconds(in.getLong(), in.getInt());
  }
}
