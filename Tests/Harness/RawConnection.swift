import NIOCore
import NIOPosix

/// A TCP connection that sends exactly the bytes it is given and keeps what comes back: for malformed, oddly spelled and
/// half-sent requests, and for seeing when the first byte of an answer arrives.
final class RawConnection: Sendable {
  struct State: Sendable {
    var bytes: [UInt8] = []
    var isClosed = false
  }

  private let channel: any Channel
  private let state: Watched<State>

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let state: Watched<State>

    init(_ state: Watched<State>) {
      self.state = state
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = Array(Self.unwrapInboundIn(data).readableBytesView)
      state.update { $0.bytes += bytes }
    }

    func channelInactive(context: ChannelHandlerContext) {
      state.update { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }

  private init(_ channel: any Channel, _ state: Watched<State>) {
    self.channel = channel
    self.state = state
  }

  static func open(to node: any Node) async throws -> RawConnection {
    let state = Watched(State())
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Collector(state))
        }
      }
      .connect(host: "127.0.0.1", port: node.port).get()
    return RawConnection(channel, state)
  }

  /// Every byte that has arrived and was not taken by ``reply()``.
  var received: [UInt8] { state.value.bytes }

  var isClosed: Bool { state.value.isClosed }

  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  func send(_ text: String) async throws {
    try await send(Array(text.utf8))
  }

  func send(_ call: Call) async throws {
    try await send(call.bytes())
  }

  /// Waits until so many bytes have arrived, or the connection has ended.
  func received(atLeast count: Int) async {
    await state.wait { $0.bytes.count >= count || $0.isClosed }
  }

  /// Waits until the other side has closed the connection.
  func closed() async {
    await state.wait { $0.isClosed }
  }

  /// Waits for the next whole answer, which has no body if it is one `toHead`, and takes it.
  func reply(toHead: Bool = false) async throws -> Reply {
    let known = await state.wait { $0.isClosed || RawReply.parse($0.bytes, isEnded: false, toHead: toHead) != nil }
    guard let (reply, length) = RawReply.parse(known.bytes, isEnded: known.isClosed, toHead: toHead) else {
      throw HarnessError("no whole answer: \(String(decoding: known.bytes.prefix(400), as: UTF8.self))")
    }
    state.update { $0.bytes.removeFirst(length) }
    return reply
  }

  func close() async {
    try? await channel.close().get()
  }
}

extension Cluster {
  /// Sends bytes on a connection of their own and waits for one answer.
  func sendRaw(_ bytes: [UInt8], to node: Int = 0, isHead: Bool = false) async throws -> Reply {
    let connection = try await RawConnection.open(to: nodes[node])
    do {
      try await connection.send(bytes)
      let reply = try await connection.reply(toHead: isHead)
      await connection.close()
      return reply
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Sends a request byte for byte as it is written, on a connection of its own.
  func sendRaw(_ call: Call, host: String = Call.host, to node: Int = 0) async throws -> Reply {
    try await sendRaw(call.bytes(host: host), to: node, isHead: call.method == "HEAD")
  }
}
