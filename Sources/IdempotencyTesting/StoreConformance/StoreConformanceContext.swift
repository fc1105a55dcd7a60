public import Idempotency
public import NIOCore

/// A store under test, and what a test must be able to do behind its back.
public protocol StoreConformanceContext: Sendable {
  /// The store under test.
  var store: any IdempotencyStore { get }

  /// A key that nobody else uses.
  func freshKey() -> RecordKey

  /// The store's own time, Unix milliseconds.
  func now() async throws -> Int64

  /// Returns when at least `milliseconds` of the store's own time have passed.
  func pass(_ milliseconds: Int64) async throws

  /// Puts `bytes` under `key`, whatever they are; nil stands for a value of another type.
  func plant(_ bytes: ByteBuffer?, under key: RecordKey, ttl: Int64) async throws

  /// Makes `key` absent, as a store does that lost its last writes.
  func remove(_ key: RecordKey) async throws

  /// How many milliseconds `key` still stands; nil if it is absent.
  func timeToLive(of key: RecordKey) async throws -> Int64?
}
