public import Idempotency
public import NIOCore
internal import NIOConcurrencyHelpers

/// The memory store under test, with a clock that moves when a case says so.
public final class MemoryStoreContext: StoreConformanceContext {
  /// The store under test.
  public var store: any IdempotencyStore { memory }
  private let memory: MemoryStore
  private let clock = ManualStoreClock()
  private let counter = NIOLockedValueBox(0)

  /// Makes an empty store.
  public init() {
    memory = MemoryStore(clock: clock)
  }

  /// A key that nobody else uses.
  public func freshKey() -> RecordKey {
    let number = counter.withLockedValue { count in
      count += 1
      return count
    }
    return RecordKey(unchecked: "conformance", scope: "-", clientKey: "\(number)")
  }

  /// The clock's time.
  public func now() async throws -> Int64 { clock.upperBound(at: .now) ?? 0 }

  /// Moves the clock.
  public func pass(_ milliseconds: Int64) async throws { clock.advance(by: milliseconds) }

  /// Puts `bytes` under `key`; nil stands for a value of another type.
  public func plant(_ bytes: ByteBuffer?, under key: RecordKey, ttl: Int64) async throws {
    try memory.plant(bytes, under: key, ttl: ttl)
  }

  /// Makes `key` absent.
  public func remove(_ key: RecordKey) async throws { memory.remove(key) }

  /// How many milliseconds `key` still stands; nil if it is absent.
  public func timeToLive(of key: RecordKey) async throws -> Int64? { try memory.timeToLive(of: key) }
}
