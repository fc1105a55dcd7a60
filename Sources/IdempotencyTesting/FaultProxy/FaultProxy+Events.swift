import NIOCore

/// What happened, counted since the proxy was started, and waiting for it to happen.
extension FaultProxy {
  /// Waits until so many bytes have arrived at the proxy, whatever became of them.
  ///
  /// - Parameters:
  ///   - direction: Which way.
  ///   - count: How many, since the proxy was started.
  public func bytesSeen(_ direction: Direction, atLeast count: Int) async {
    await wait { $0[direction].seen >= count }
  }

  /// Waits until so many bytes have been passed on.
  ///
  /// - Parameters:
  ///   - direction: Which way.
  ///   - count: How many, since the proxy was started.
  public func bytesPassed(_ direction: Direction, atLeast count: Int) async {
    await wait { $0[direction].passed >= count }
  }

  /// Waits until so many connections have been accepted.
  ///
  /// - Parameter count: How many, since the proxy was started.
  public func connections(atLeast count: Int) async {
    await wait { $0.accepted >= count }
  }

  /// Waits until so many connections have ended.
  ///
  /// - Parameter count: How many, since the proxy was started.
  public func connectionsEnded(atLeast count: Int) async {
    await wait { $0.ended >= count }
  }

  /// How many connections have been accepted since the proxy was started.
  public var connectionCount: Int {
    get async { await count { $0.accepted } }
  }

  /// How many bytes have arrived so far.
  ///
  /// - Parameter direction: Which way.
  /// - Returns: The count since the proxy was started.
  public func bytesSeen(_ direction: Direction) async -> Int {
    await count { $0[direction].seen }
  }

  /// How many bytes have been passed on so far.
  ///
  /// - Parameter direction: Which way.
  /// - Returns: The count since the proxy was started.
  public func bytesPassed(_ direction: Direction) async -> Int {
    await count { $0[direction].passed }
  }

  private func wait(_ condition: @escaping @Sendable (ProxyCore) -> Bool) async {
    // Fails only when the proxy is stopped, and then there is nothing left to wait for.
    try? await eventLoop.flatSubmit { [core] in core.value.wait(condition) }.get()
  }

  private func count(_ value: @escaping @Sendable (ProxyCore) -> Int) async -> Int {
    (try? await eventLoop.submit { [core] in value(core.value) }.get()) ?? 0
  }
}
