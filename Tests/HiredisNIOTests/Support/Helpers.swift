import HiredisNIO
import IdempotencyTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Synchronization

/// Starts a server for one test and stops it afterwards.
func withServer(
  _ options: RedisServer.Options = RedisServer.Options(), _ body: (RedisServer) async throws -> Void
) async throws {
  let server = try await RedisServer.start(options)
  do {
    try await body(server)
    await server.stop()
  } catch {
    await server.stop()
    throw error
  }
}

/// Makes a client on one event loop for one test and shuts it down afterwards.
///
/// Its time-outs are long, for a machine that is busy with other tests: what a test waits for is never one of them.
func withClient(
  _ configuration: RedisConfiguration,
  prepare: (@Sendable (RedisSession) -> EventLoopFuture<Void>)? = nil,
  onDisconnect: (@Sendable (RedisDisconnect) -> Void)? = nil,
  _ body: (RedisClient) async throws -> Void
) async throws {
  var configuration = configuration
  configuration.commandTimeout = .seconds(20)
  let client = RedisClient(
    configuration: configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next(),
    prepare: prepare,
    onDisconnect: onDisconnect)
  do {
    try await body(client)
    await client.shutdown()
  } catch {
    await client.shutdown()
    throw error
  }
}

extension RedisConnection {
  /// Runs something on the connection's event loop and waits until it tells a result.
  ///
  /// The result goes through a lock, which the thread sanitizer sees; a continuation's own ordering it does not.
  func onLoop<Value: Sendable>(_ body: @escaping @Sendable (@escaping @Sendable (Value) -> Void) -> Void) async -> Value
  {
    let told = NIOLockedValueBox<Value?>(nil)
    await withCheckedContinuation { continuation in
      eventLoop.execute {
        body { value in
          told.withLockedValue { $0 = value }
          continuation.resume()
        }
      }
    }
    return told.withLockedValue { $0! }
  }
}

extension RedisClient {
  /// Sends a command from the event loop through the callback face and waits for what it was told.
  func sendOnLoop(timeout: TimeAmount? = nil, _ arguments: String...) async -> Result<
    RESPValue, RedisError
  > {
    let connection = anyConnection()
    return await connection.onLoop { tell in
      connection.send(timeout: timeout) { writer in
        writer.begin(arguments.count)
        for argument in arguments { writer.bulk(argument) }
      } then: { result in
        tell(result)
      }
    }
  }

  /// Sends until the answer is not "not connected": after a fault, when the connection is back.
  func sendWhenConnected(_ arguments: String...) async throws -> RESPValue {
    while true {
      let result = await attempt(arguments)
      switch result.error?.code {
      case .notConnected, .connectionClosed: continue
      default: return try result.get()
      }
    }
  }

  private func attempt(_ arguments: [String]) async -> Result<RESPValue, RedisError> {
    do {
      try await waitUntilConnected(timeout: .seconds(10))
      let reply = try await send { writer in
        writer.begin(arguments.count)
        for argument in arguments { writer.bulk(argument) }
      }
      return .success(reply)
    } catch {
      return .failure(error)
    }
  }
}

extension Result where Failure == RedisError {
  var error: RedisError? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// Values that callbacks brought, and waiting for them.
final class Recorder<Value: Sendable>: Sendable {
  private let stream: AsyncStream<Value>
  private let continuation: AsyncStream<Value>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  func record(_ value: Value) {
    continuation.yield(value)
  }

  /// The next value; one that was recorded earlier counts.
  func next() async -> Value? {
    var iterator = stream.makeAsyncIterator()
    return await iterator.next()
  }
}
