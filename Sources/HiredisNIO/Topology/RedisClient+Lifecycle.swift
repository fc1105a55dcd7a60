public import NIOCore
public import ServiceLifecycle
import Synchronization

extension RedisClient: Service {
  /// Begins to connect on every event loop and returns at once.
  ///
  /// Calling it twice does nothing more.
  public func start() {
    for (eventLoop, connections) in connections {
      eventLoop.execute { for connection in connections { connection.start() } }
    }
  }

  /// Closes every connection that the `prepare` hook has labelled otherwise; each is opened again.
  ///
  /// Commands in flight on them fail with an unknown outcome before the future completes: no caller hears a reply of
  /// theirs after it.
  ///
  /// - Parameters:
  ///   - label: The connections to keep.
  ///   - eventLoop: Where the future completes.
  /// - Returns: Completes when all are closed; never fails, unless an event loop is shut down.
  public func closeConnections(
    labelledOtherThan label: Int, on eventLoop: any EventLoop
  ) -> EventLoopFuture<Void> {
    let closed = connections.map { (eventLoop, connections) in
      eventLoop.submit { for connection in connections { connection.supervisor.closeLink(labelledOtherThan: label) } }
    }
    return EventLoopFuture.andAllComplete(closed, on: eventLoop)
  }

  /// Waits until every connection is ready for commands.
  ///
  /// It also starts the client.
  ///
  /// - Parameter timeout: How long to wait.
  /// - Throws: ``RedisError`` with the reason why the last attempt to connect failed, if the time is over or the client
  ///   was shut down.
  public func waitUntilConnected(timeout: TimeAmount = .seconds(5)) async throws(RedisError) {
    let deadline = NIODeadline.now() + timeout
    for connection in connections.flatMap(\.connections) {
      let ready = connection.eventLoop.flatSubmit { connection.whenReady(deadline: deadline) }
      do {
        try await ready.get()
      } catch {
        throw (error as? RedisError)
          ?? RedisError(.neverSent, .notConnected, message: "not connected: \(error)", underlying: error)
      }
    }
  }

  /// Takes no more commands, lets those that are under way finish until their deadlines, then closes every connection.
  ///
  /// Returns when all are closed. The client cannot be started again.
  public func shutdown() async {
    let closed = connections.flatMap(\.connections).map { connection in
      connection.eventLoop.flatSubmit { connection.shutDownGracefully() }
    }
    // These futures never fail.
    for future in closed { try? await future.get() }
    isShutDown.store(true, ordering: .releasing)
  }

  /// Connects, stays until graceful shutdown or cancellation, then does what ``shutdown()`` does.
  public func run() async throws {
    start()
    // Throws when cancelled, which ends the service in the same way.
    try? await gracefulShutdown()
    await shutdown()
  }
}
