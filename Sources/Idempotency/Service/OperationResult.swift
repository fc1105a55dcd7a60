public import NIOCore

/// What ``IdempotencyService/perform(key:fingerprint:policy:retaining:thrown:operation:)`` gives its caller.
public struct OperationResult: Sendable, Hashable {
  /// The first execution's result, byte for byte.
  public let value: ByteBuffer
  /// It was stored before; nothing was executed now.
  public let isReplayed: Bool
  /// The store has not taken it yet; it is tried again in the background.
  ///
  /// Until then a retry may learn nothing.
  public let isPending: Bool

  /// The status under which results stand in records.
  static let done = 200
  /// The status of a record whose operation has no result because nobody knows its outcome.
  static let noResult = 500
}

/// What an error that an operation throws says about its effect.
public enum ThrownErrorMeaning: Sendable, Hashable {
  /// Nobody knows: the policy's ``ExecutionPolicy/unknownOutcome`` decides.
  case unknownOutcome
  /// There was none: the key is free again.
  case noEffect
}

/// Thrown by an operation that certainly had no effect: its key is free again.
public struct OperationNotStarted: Error, Sendable {
  /// Why it was not started.
  public let reason: String

  /// Makes the error.
  public init(_ reason: String) {
    self.reason = reason
  }
}
