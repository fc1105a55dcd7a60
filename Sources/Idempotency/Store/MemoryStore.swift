public import NIOCore
internal import NIOConcurrencyHelpers

/// Records in this process's memory: for tests, for trying things out, and for a single node that may forget.
///
/// - Important: Nothing survives the process and no other node sees it. With more than one node, or where a crash
///   must not let an operation run twice, use a store outside the process.
public final class MemoryStore: EventLoopStore {
  /// The time by which leases and retention are judged here, which for its only process is the upper bound, too.
  public let clock: any StoreClock
  private let table: NIOLockedValueBox<MemoryTable>
  let watches = WatchRegistry()

  /// Makes an empty store.
  ///
  /// - Parameters:
  ///   - maximumByteCount: When the records hold more bytes than this, new reservations and reclaims are refused as
  ///     full, while running operations renew and finish. 256 MiB by default: some 400,000 answers of half a KiB,
  ///     and no more than a small container can spare.
  ///   - clock: The store's time.
  public init(maximumByteCount: Int = 256 * 1024 * 1024, clock: any StoreClock = AnchoredClock()) {
    self.clock = clock
    self.table = NIOLockedValueBox(MemoryTable(maximumByteCount: maximumByteCount))
  }

  /// Applies an operation; it never waits.
  ///
  /// - Throws: ``StoreFailure`` when the store is full, or its clock knows no time; nothing was applied.
  public func perform(_ operation: StoreOperation, for key: RecordKey) async throws(StoreFailure) -> StoreReply {
    try apply(operation, to: key)
  }

  /// Applies an operation at once, for callers that cannot wait, such as an event loop.
  ///
  /// - Throws: ``StoreFailure`` when the store is full, or its clock knows no time; nothing was applied.
  public func apply(_ operation: StoreOperation, to key: RecordKey) throws(StoreFailure) -> StoreReply {
    let result = try withTable { (table, now) in
      Result { () throws(StoreFailure) in try table.perform(operation, for: key, now: now) }
    }
    let reply = try result.get()
    if operation.kind.settles(reply) { watches.notify(key) }
    return reply
  }

  /// Applies an operation at once and reports its reply on the event loop's next tick.
  ///
  /// - Parameters:
  ///   - operation: The operation.
  ///   - key: The key.
  ///   - eventLoop: The loop this is called on.
  ///   - then: Called once, on the loop, never before this method returns.
  public func perform(
    _ operation: StoreOperation, for key: RecordKey, on eventLoop: any EventLoop,
    then: @escaping (Result<StoreReply, StoreFailure>) -> Void
  ) {
    let result = Result { () throws(StoreFailure) in try apply(operation, to: key) }
    eventLoop.assumeIsolated().execute { then(result) }
  }

  /// Listens to the changes of one record; established at once.
  public func watch(_ key: RecordKey, _ changed: @escaping @Sendable () -> Void) -> any StoreWatch {
    watches.watch(key, changed)
  }

  /// How many bytes the records hold, those included that have ended and were not swept yet.
  public var byteCount: Int { table.withLockedValue { $0.byteCount } }

  private func withTable<T: Sendable>(
    _ body: (inout MemoryTable, _ now: Int64) -> T
  ) throws(StoreFailure) -> T {
    guard let now = clock.upperBound(at: .now), Moment.serverTimes.contains(now) else {
      throw StoreFailure(.notSent, "the memory store's clock knows no time, or one that cannot be")
    }
    return table.withLockedValue { body(&$0, now) }
  }
}

/// What only tests do to a store.
extension MemoryStore {
  /// Puts `bytes` under `key`, whatever they are; nil stands for a value of another type.
  package func plant(_ bytes: ByteBuffer?, under key: RecordKey, ttl: Int64) throws(StoreFailure) {
    try withTable { (table, now) in table.put(bytes, under: key, expires: now.adding(capped: ttl)) }
  }

  /// Forgets `key`, as a store does that lost its last writes.
  package func remove(_ key: RecordKey) {
    table.withLockedValue { $0.remove(key) }
  }

  /// How many milliseconds `key` still stands; nil if it is absent.
  package func timeToLive(of key: RecordKey) throws(StoreFailure) -> Int64? {
    try withTable { (table, now) in table.timeToLive(of: key, now: now) }
  }
}
