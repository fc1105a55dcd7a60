import Hummingbird
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import IdempotencyTesting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The scripted origin as a server of its own: what stands behind worker processes.
///
/// By hand, byte for byte: what it was sent and what it says must be exact, oddly written or broken off.
final class OriginServer: Sendable {
  private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  private struct State {
    var listener: (any Channel)?
    var tasks: [Task<Void, Never>] = []
    /// The connections on which no request is waiting for its answer.
    var idle: [ObjectIdentifier: any Channel] = [:]
  }

  /// Where it listens on 127.0.0.1.
  let port: Int
  private let origin: Origin
  private let state: Mutex<State>
  /// How many bytes have come over all connections.
  private let bytesReceived = Watched(0)

  private init(_ origin: Origin, port: Int) {
    self.origin = origin
    self.port = port
    state = Mutex(State())
  }

  /// Starts a server that answers as an origin is scripted.
  static func start(_ origin: Origin) async throws -> OriginServer {
    for attempt in 1... {
      let server = OriginServer(origin, port: FreePort.find())
      do {
        try await server.accept()
        return server
      } catch let error as IOError where attempt < 10 && error.errnoCode == EADDRINUSE {
        continue
      }
    }
    fatalError("the loop returns or throws")
  }

  /// Takes connections.
  func accept() async throws {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 256)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .bind(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
      }
    let task = Task {
      _ = try? await listener.executeThenClose { connections in
        await withDiscardingTaskGroup { group in
          do {
            for try await connection in connections { group.addTask { await self.serve(connection) } }
          } catch {
            // It listens no more.
          }
        }
      }
    }
    state.withLock { state in
      state.listener = listener.channel
      state.tasks.append(task)
    }
  }

  /// Listens no more, and closes the connections that are not in use: who connects is refused.
  func refuse() async throws {
    let (listener, idle) = state.withLock { state in
      defer {
        state.listener = nil
        state.idle = [:]
      }
      return (state.listener, Array(state.idle.values))
    }
    try await listener?.close()
    for channel in idle { try? await channel.close() }
  }

  /// Waits until so many bytes have come, whole requests or not.
  func received(atLeast count: Int) async {
    await bytesReceived.wait { $0 >= count }
  }

  /// Ends everything, answered or not.
  func stop() {
    let (listener, tasks) = state.withLock { ($0.listener, $0.tasks) }
    listener?.close(promise: nil)
    for task in tasks { task.cancel() }
  }

  private func serve(_ connection: Connection) async {
    let id = ObjectIdentifier(connection.channel)
    try? await connection.executeThenClose { inbound, outbound in
      var bytes: [UInt8] = []
      setIdle(id, connection.channel)
      for try await buffer in inbound {
        setIdle(id, nil)
        bytes += buffer.readableBytesView
        bytesReceived.update { $0 += buffer.readableBytes }
        while let (request, length) = RawRequest.parse(bytes) {
          bytes.removeFirst(length)
          guard let ending = try await answer(request, connection.channel, outbound) else { return }
          // Before the last bytes go: whoever has the whole answer finds the connection idle, so that `refuse` closes it.
          if bytes.isEmpty, !request.isLast { setIdle(id, connection.channel) }
          try await outbound.write(ending)
          guard !request.isLast else { return }
        }
      }
    }
    setIdle(id, nil)
  }

  private func setIdle(_ id: ObjectIdentifier, _ channel: (any Channel)?) {
    state.withLock { $0.idle[id] = channel }
  }

  /// Answers a request as the script says, but for the last bytes.
  /// - Returns: Those; nil where the connection ends without them.
  private func answer(
    _ request: RawRequest, _ channel: any Channel, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) async throws -> ByteBuffer? {
    let answer: ScriptedAnswer
    do {
      answer = try await origin.take(
        method: request.method, target: request.target, fields: request.fields, body: request.body,
        trailers: request.trailers)
    } catch let error as HTTPError {
      answer = ScriptedAnswer(error)
    } catch {
      // Nothing was said, and the other side learns it at once.
      let socket = channel as? any SocketOptionProvider
      try await socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
      return nil
    }
    let hasBody = request.method != "HEAD" && answer.status != 204 && answer.status != 304
    var head = "HTTP/1.1 \(answer.status) Scripted\r\n"
    switch answer.body {
    case .bytes(let bytes): if answer.status != 204 { head += "Content-Length: \(bytes.count)\r\n" }
    case .stream: if hasBody { head += "Transfer-Encoding: chunked\r\n" }
    }
    var buffer = ByteBuffer(string: head)
    for field in answer.fields {
      buffer.writeString("\(field.name): ")
      buffer.writeBytes(field.bytes)
      buffer.writeString("\r\n")
    }
    buffer.writeString("\r\n")
    guard hasBody else { return buffer }
    switch answer.body {
    case .bytes(let bytes):
      buffer.writeBytes(bytes)
      return buffer
    case .stream(let steps):
      try await outbound.write(buffer)
      for step in steps {
        switch step {
        case .bytes(let bytes) where bytes.isEmpty: break
        case .bytes(let bytes):
          var chunk = ByteBuffer(string: String(bytes.count, radix: 16) + "\r\n")
          chunk.writeBytes(bytes)
          chunk.writeString("\r\n")
          try await outbound.write(chunk)
        case .wait(let gate): await gate.pass()
        case .fail: return nil
        }
      }
      return ByteBuffer(string: "0\r\n\r\n")
    }
  }
}

extension ScriptedAnswer {
  /// What Hummingbird makes of an error, its body only as like as tests look at it.
  fileprivate init(_ error: HTTPError) {
    let fields = error.headers.map { field in Field(field.name.rawName, field.value) }
    self.init(error.status.code, fields: fields, #"{"error":{"message":"\#(error.body ?? "")"}}"#)
  }
}

extension Cluster {
  /// From now on the origin is not reached: nobody listens there; to a handler, it says that it did not start.
  func originRefuses(_ reason: String = "closed") async throws {
    origin.refuses(reason)
    try await server?.refuse()
  }

  /// From now on it is reached again.
  func originAccepts() async throws {
    origin.refuses(nil)
    try await server?.accept()
  }
}
