import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// An issuer's address on a free port of this machine: it answers each request as it is told, byte for byte, and closes.
final class KeyServer: Sendable {
  /// What it does with a request.
  enum Answer: Sendable {
    /// Writes this and closes the connection.
    case bytes(String)
    /// Writes this, and leaves the connection open.
    case open(String)

    /// A key set, with these fields.
    static func keys(_ body: String, fields: [String] = []) -> Answer {
      let fields = fields.map { $0 + "\r\n" }.joined()
      return .bytes("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
  }

  private struct State {
    var answer: Answer
    var requests: [String] = []
    var waiting: [(count: Int, promise: EventLoopPromise<Void>)] = []
  }

  let port: Int
  private let listener: any Channel
  private let state: NIOLockedValueBox<State>

  private init(_ listener: any Channel, _ state: NIOLockedValueBox<State>) {
    self.listener = listener
    self.state = state
    port = listener.localAddress?.port ?? 0
  }

  /// Runs a test with a server.
  static func run(
    _ answer: Answer, tls: NIOSSLContext? = nil, _ body: (KeyServer) async throws -> Void
  ) async throws {
    let state = NIOLockedValueBox(State(answer: answer))
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(Responder(state))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let server = KeyServer(listener, state)
    let result: Result<Void, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    try? await listener.close()
    try result.get()
  }

  /// The requests that came, each with all of its lines.
  var requests: [String] { state.withLockedValue { $0.requests } }

  /// Answers so from now on.
  func answer(_ answer: Answer) { state.withLockedValue { $0.answer = answer } }

  /// Waits until so many requests have come.
  func requested(_ count: Int) async throws {
    let promise = listener.eventLoop.makePromise(of: Void.self)
    let isThere = state.withLockedValue { state in
      if state.requests.count < count { state.waiting.append((count, promise)) }
      return state.requests.count >= count
    }
    if isThere { promise.succeed() }
    try await promise.futureResult.get()
  }

  private final class Responder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let state: NIOLockedValueBox<State>
    private var request = ""

    init(_ state: NIOLockedValueBox<State>) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      request += String(buffer: unwrapInboundIn(data))
      guard request.hasSuffix("\r\n\r\n") else { return }
      let (answer, woken) = state.withLockedValue { state in
        state.requests.append(request)
        let woken = state.waiting.filter { $0.count <= state.requests.count }
        state.waiting.removeAll { $0.count <= state.requests.count }
        return (state.answer, woken)
      }
      for waiter in woken { waiter.promise.succeed() }
      let channel = context.channel
      switch answer {
      case .open(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
      case .bytes(let text):
        channel.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in channel.close(promise: nil) }
      }
    }
  }
}
