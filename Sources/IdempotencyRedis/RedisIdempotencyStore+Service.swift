internal import HiredisNIO
public import NIOCore
public import ServiceLifecycle

extension RedisIdempotencyStore: Service {
  /// Whether the store is connected to a Redis that was found fit, knows its time and has settled.
  ///
  /// It does not turn false when the connection is lost, only when another or an unfit Redis is found, or when no good
  /// answer to `TIME` came for ten minutes.
  public var isReady: Bool { node.readiness.isReady && node.clock.isKnown }

  /// Begins to connect and returns at once.
  ///
  /// Calling it twice does nothing more.
  ///
  /// - Important: Without ``run()`` nobody asks the time again every minute, and a Redis that went away without a word is
  ///   noticed only by the next operation, perhaps later than other nodes wait (`settle`).
  public func start() { client.start() }

  /// Suspends until the store is connected, the server was found fit, its clock is known and it has settled.
  ///
  /// - Parameter timeout: How long to wait; nil for `settle` and 5 s more.
  /// - Throws: ``RedisStoreError``, which says what to change.
  public func waitUntilReady(timeout: TimeAmount? = nil) async throws {
    start()
    let connection = client.anyConnection()
    let address = configuration.redis.address
    try await node.readiness.wait(
      on: connection.eventLoop, timeout: timeout ?? configuration.settle + .seconds(5)
    ) {
      let reason = connection.lastError?.message ?? "it has not settled, or its time is not known"
      return RedisStoreError(.notReady, "Redis at \(address) did not become ready in time: \(reason)")
    }
  }

  /// Takes no more operations, lets those under way finish, and closes every connection.
  public func shutdown() async {
    node.retire()
    await subscribers.shutdown()
    await client.shutdown()
  }

  /// Connects and stays until graceful shutdown.
  ///
  /// - Throws: ``RedisStoreError`` if the first Redis that is found cannot be used; it says what to change. A Redis that
  ///   is not there is waited for. One that cannot be used later on makes every operation fail with that message.
  public func run() async throws {
    let eventLoop = client.anyConnection().eventLoop
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await self.client.run()
        self.node.retire()
        await self.subscribers.shutdown()
        return true
      }
      group.addTask {
        // From the beginning: a Redis whose first answers to TIME were too slow is asked again, or it would never be ready.
        async let maintained: Void = self.maintain(on: eventLoop)
        try await self.node.readiness.wait(on: eventLoop, timeout: nil) { CancellationError() }
        try await maintained
        return true
      }
      do {
        _ = try await group.next()
      } catch {
        group.cancelAll()
        throw error
      }
      group.cancelAll()
    }
  }
}
