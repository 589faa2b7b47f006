package io.mpsparallel.processes;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.processes.ProcessModel.ModelFacts;
import io.mpsparallel.processes.ProcessModel.ModelFile;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ThreadSettings;
import java.nio.file.Path;
import java.util.List;

/**
 * What a worker is asked besides forwards, in words; all wait for the answer and throw what the
 * worker failed with. Whoever has leased the worker, with nothing in its hand.
 */
final class Questions {
  private Questions() {}

  /** Opens an engine, by its id; the answer is its devices, the one to prefer first. */
  static List<Device> open(ParentLink link, String engine, BackendSettings settings)
      throws LinkLost {
    try (Answer answer =
        link.ask(
            FrameKind.OPEN,
            0,
            body -> {
              body.putText(engine);
              SettingsCodec.put(body, settings);
            })) {
      return ValueCodec.all(answer.body(), ValueCodec::device);
    }
  }

  static Capabilities facts(ParentLink link, Device device) throws LinkLost {
    try (Answer answer = link.ask(FrameKind.FACTS, 0, body -> ValueCodec.put(body, device))) {
      return ValueCodec.capabilities(answer.body());
    }
  }

  static ModelFile share(ParentLink link, ModelSource source, Path directory) throws LinkLost {
    try (Answer answer =
        link.ask(
            FrameKind.SHARE,
            0,
            body -> {
              ValueCodec.put(body, source);
              body.putText(directory.toString());
            })) {
      BodyReader body = answer.body();
      return new ModelFile(ValueCodec.source(body).warmingUp(source.warmUp()), body.getText());
    }
  }

  static ModelFacts load(ParentLink link, int number, ModelFile file, Device device)
      throws LinkLost {
    try (Answer answer =
        link.ask(
            FrameKind.LOAD,
            number,
            body -> {
              ValueCodec.put(body, file.source());
              ValueCodec.put(body, device);
              body.putText(file.digest());
            })) {
      BodyReader body = answer.body();
      return new ModelFacts(ValueCodec.signature(body), body.getLong(), body.getText());
    }
  }

  static void unload(ParentLink link, int number) throws LinkLost {
    askForNothing(link, FrameKind.UNLOAD, number);
  }

  static void threads(ParentLink link, ThreadSettings threads) throws LinkLost {
    try (Answer answer = link.ask(FrameKind.THREADS, 0, body -> SettingsCodec.put(body, threads))) {
      answer.body();
    }
  }

  static BackendReport report(ParentLink link) throws LinkLost {
    try (Answer answer = link.ask(FrameKind.REPORT, 0, body -> {})) {
      return ValueCodec.report(answer.body());
    }
  }

  static void end(ParentLink link) throws LinkLost {
    askForNothing(link, FrameKind.END, 0);
  }

  private static void askForNothing(ParentLink link, FrameKind kind, int model) throws LinkLost {
    try (Answer answer = link.ask(kind, model, body -> {})) {
      answer.body();
    }
  }
}
