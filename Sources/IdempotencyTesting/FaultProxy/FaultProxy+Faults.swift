public import HiredisNIO
public import NIOCore

/// The faults.
extension FaultProxy {
  /// Holds all bytes of a direction back; the connection stays open and looks alive to both ends.
  ///
  /// No more than 1 MiB is held per connection, then the sender is no longer read from.
  ///
  /// - Parameter direction: Which way.
  public func stall(_ direction: Direction) async {
    await perform { $0[direction].isStalled = true }
  }

  /// Lets a stalled direction go on, beginning with what was held back.
  ///
  /// - Parameter direction: Which way.
  public func resume(_ direction: Direction) async {
    await perform { core in
      core[direction].isStalled = false
      core.pumpAll(direction)
    }
  }

  /// Passes on the oldest bytes that each connection holds back, as much as one read brought; the rest stays.
  ///
  /// - Parameter direction: Which way.
  public func passNextChunk(_ direction: Direction) async {
    await perform { $0.passNextChunk(direction) }
  }

  /// Loses all bytes of a direction, or no longer does.
  ///
  /// - Parameters:
  ///   - direction: Which way.
  ///   - isDropping: Whether bytes are lost from now on.
  public func drop(_ direction: Direction, _ isDropping: Bool = true) async {
    await perform { $0[direction].isDropping = isDropping }
  }

  /// Delays the bytes that arrive from now on; their order stays.
  ///
  /// - Parameters:
  ///   - direction: Which way.
  ///   - delay: How long; zero for not at all.
  public func delay(_ direction: Direction, by delay: TimeAmount) async {
    await perform { $0[direction].delay = delay }
  }

  /// Lets exactly so many more bytes pass, then cuts the connection that the last of them was on.
  ///
  /// - Parameters:
  ///   - count: How many bytes still pass; 0 cuts at the next byte, which is lost.
  ///   - direction: Which way.
  public func cut(afterBytes count: Int, _ direction: Direction) async {
    await perform { $0[direction].remaining = count }
  }

  /// Cuts all connections now.
  ///
  /// What is held back is lost.
  public func cut() async {
    await perform { $0.cutAll() }
  }

  /// Cuts the connection that has been open longest, and none if there is none.
  public func cutOldest() async {
    await perform { $0.cutOldest() }
  }

  /// Has connections that are accepted from now on go to another server; those that are open stay where they are.
  ///
  /// So does a load balancer whose endpoint changes.
  ///
  /// - Parameter server: The server.
  public func connects(to server: RedisConfiguration.Address) async {
    await perform { $0.server = server }
  }

  /// Lets a hook see the bytes of a direction as they arrive, and decide what becomes of them.
  ///
  /// - Parameters:
  ///   - direction: Which way.
  ///   - hook: Called on the proxy's event loop with what one read brought, which may be a part of a message or several;
  ///     nil for no hook.
  public func onBytes(_ direction: Direction, _ hook: (@Sendable (ByteBuffer) -> Verdict)?) async {
    await perform { $0[direction].hook = hook }
  }

  /// Loses the next bytes that the server sends and cuts the connection they were on: the server did what it was asked,
  /// and nobody hears of it.
  ///
  /// It happens once.
  public func swallowNextReplyThenCut() async {
    await perform { core in
      core[.serverToClient].hook = { [unowned core] _ in
        core[.serverToClient].hook = nil
        return .swallowAndCut
      }
    }
  }

  /// Closes the listener, so that whoever connects is refused.
  ///
  /// Connections that are open stay.
  public func refuseConnections() async {
    let closed = eventLoop.flatSubmit { [core] in core.value.unlisten() }
    // An error means that it was closed already.
    try? await closed.get()
  }

  /// Listens again, on the same port.
  ///
  /// - Throws: An error if another process has taken the port.
  public func acceptConnections() async throws {
    try await eventLoop.flatSubmit { [core] in core.value.listen() }.get()
  }
}
