package io.mpsparallel.processes;

import org.jspecify.annotations.Nullable;

/** What the parent remembers of a frame, and what it copied of the answer. One thread. */
final class Pending {
  final int number;
  final FrameKind kind;
  final int model;
  private Region body;
  private Region room;

  /** Null until it is answered. */
  @Nullable AnswerStatus status;

  /** The length of the answer, or what it needs; 0 until it is answered. */
  int bytes;

  Pending(int number, FrameKind kind, int model, Region body, Region room) {
    this.number = number;
    this.kind = kind;
    this.model = model;
    this.body = body;
    this.room = room;
  }

  /** Whether the link asked by itself. */
  boolean isOfLink() {
    return kind == FrameKind.MAP || kind == FrameKind.UNMAP || kind == FrameKind.RESEND;
  }

  Region room() {
    return room;
  }

  /** The room, which the caller frees. */
  Region takeRoom() {
    Region taken = room;
    room = Region.NONE;
    return taken;
  }

  /** The body was read. */
  void freeBody(Arena arena) {
    arena.free(body);
    body = Region.NONE;
  }

  /** Gives up all memory. */
  void free(Arena arena) {
    freeBody(arena);
    arena.free(takeRoom());
  }
}
