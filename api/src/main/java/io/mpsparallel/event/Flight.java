package io.mpsparallel.event;

import java.util.function.Supplier;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The events; loaded only where Flight Recorder is. */
final class Flight {
  private static final RequestEvent ANY_REQUEST = new RequestEvent();
  private static final ExecuteEvent ANY_EXECUTION = new ExecuteEvent();
  private static final BatchFormedEvent ANY_BATCH = new BatchFormedEvent();

  private Flight() {}

  @Name("mpsparallel.Request")
  @Label("Request")
  @Description("A request, from its call to its answer")
  @Category("mps-parallel")
  @StackTrace(false)
  static final class RequestEvent extends Event {
    @Label("Model")
    String model = "";

    @Label("Strategy")
    String strategy = "";

    @Label("Device")
    String device = "";

    @Label("Requests in the forward")
    int batch;

    @Label("Outcome")
    String outcome = "";
  }

  @Name("mpsparallel.Execute")
  @Label("Execute")
  @Description("A forward, from when it was handed to a device or worker to when its outputs came")
  @Category("mps-parallel")
  @StackTrace(false)
  static final class ExecuteEvent extends Event {
    @Label("Place")
    String place = "";

    @Label("Model")
    String model = "";

    @Label("Requests")
    int requests;

    @Label("Failed")
    boolean failed;
  }

  @Name("mpsparallel.BatchFormed")
  @Label("Batch Formed")
  @Description("Requests that leave together for a lane")
  @Category("mps-parallel")
  @StackTrace(false)
  static final class BatchFormedEvent extends Event {
    @Label("Requests")
    int requests;

    @Label("Rows")
    int rows;

    @Label("Reason")
    String reason = "";
  }

  @Name("mpsparallel.StrategySwitch")
  @Label("Strategy Switch")
  @Description("Something else serves requests from now on")
  @Category("mps-parallel")
  @StackTrace(false)
  static final class StrategySwitchEvent extends Event {
    @Label("Requests")
    String what = "";

    @Label("Before")
    String before = "";

    @Label("Now")
    String now = "";

    @Label("Reason")
    String reason = "";
  }

  @Name("mpsparallel.LaneRestart")
  @Label("Lane Restart")
  @Description("A lane's thread died and is replaced")
  @Category("mps-parallel")
  @StackTrace(false)
  static final class LaneRestartEvent extends Event {
    @Label("Lane")
    String lane = "";

    @Label("Cause")
    String cause = "";
  }

  @Name("mpsparallel.DeviceLost")
  @Label("Device Lost")
  @Description("A device has failed, and others serve without it")
  @Category("mps-parallel")
  @StackTrace(false)
  static final class DeviceLostEvent extends Event {
    @Label("Device")
    String device = "";

    @Label("Cause")
    String cause = "";
  }

  @Name("mpsparallel.WorkerRestart")
  @Label("Worker Restart")
  @Description("A worker process is gone; another is started if one is wanted")
  @Category("mps-parallel")
  @StackTrace(false)
  static final class WorkerRestartEvent extends Event {
    @Label("Worker")
    String worker = "";

    @Label("Cause")
    String cause = "";
  }

  static boolean wantsRequests() {
    return ANY_REQUEST.isEnabled();
  }

  static Object request() {
    RequestEvent event = new RequestEvent();
    event.begin();
    return event;
  }

  static void end(
      Object begun, String model, String strategy, String device, int batch, String outcome) {
    RequestEvent event = (RequestEvent) begun;
    event.end();
    if (event.shouldCommit()) {
      event.model = model;
      event.strategy = strategy;
      event.device = device;
      event.batch = batch;
      event.outcome = outcome;
      event.commit();
    }
  }

  static boolean wantsExecutions() {
    return ANY_EXECUTION.isEnabled();
  }

  static Object execution() {
    ExecuteEvent event = new ExecuteEvent();
    event.begin();
    return event;
  }

  static void end(Object begun, Object place, Object model, int requests, boolean failed) {
    ExecuteEvent event = (ExecuteEvent) begun;
    event.end();
    if (event.shouldCommit()) {
      event.place = place.toString();
      event.model = model.toString();
      event.requests = requests;
      event.failed = failed;
      event.commit();
    }
  }

  static void batchFormed(int requests, int rows, Enum<?> reason) {
    if (ANY_BATCH.isEnabled()) {
      BatchFormedEvent event = new BatchFormedEvent();
      event.requests = requests;
      event.rows = rows;
      event.reason = reason.name();
      event.commit();
    }
  }

  static void switched(Object what, Object before, Object now, String reason) {
    StrategySwitchEvent event = new StrategySwitchEvent();
    if (event.isEnabled()) {
      event.what = what.toString();
      event.before = before.toString();
      event.now = now.toString();
      event.reason = reason;
      event.commit();
    }
  }

  static void laneRestarted(String lane, Throwable cause) {
    LaneRestartEvent event = new LaneRestartEvent();
    if (event.isEnabled()) {
      event.lane = lane;
      event.cause = cause.toString();
      event.commit();
    }
  }

  static void deviceLost(Object device, Throwable cause) {
    DeviceLostEvent event = new DeviceLostEvent();
    if (event.isEnabled()) {
      event.device = device.toString();
      event.cause = cause.toString();
      event.commit();
    }
  }

  static void workerLost(String worker, Supplier<String> cause) {
    WorkerRestartEvent event = new WorkerRestartEvent();
    if (event.isEnabled()) {
      event.worker = worker;
      event.cause = cause.get();
      event.commit();
    }
  }
}
