import NIOCore
import NIOPosix
import NIOSSL
import Testing
@testable import Harness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One end of a connection, byte for byte: sends what it is given, and keeps all that comes.
///
/// Both the clients of these suites and the connections of ``RawOrigin`` are wires; no HTTP library is in between.
final class Wire: Sendable {
  struct State: Sendable {
    /// Every byte that came.
    var bytes: [UInt8] = []
    /// How many of them ``answer(toHead:)`` and ``request()`` have taken.
    var taken = 0
    var end: End?

    /// What has not been taken.
    var rest: ArraySlice<UInt8> { bytes[taken...] }
  }

  /// How the other side ended.
  enum End: Sendable {
    /// With FIN; over TLS, with a close notification before it.
    case closed
    /// With RST; over TLS, without a close notification.
    case broken
  }

  let channel: any Channel
  private let state = Watched(State())
  /// The requests that were taken from this wire and those beside it, in order.
  private let arrivals: Watched<[WireRequest]>

  init(_ channel: any Channel, arrivals: Watched<[WireRequest]> = Watched([])) {
    self.channel = channel
    self.arrivals = arrivals
  }

  /// What keeps the bytes; the last handler of the channel.
  func collector() -> any ChannelInboundHandler & Sendable { Collector(state) }

  private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let state: Watched<State>

    init(_ state: Watched<State>) {
      self.state = state
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = Self.unwrapInboundIn(data)
      state.update { $0.bytes += buffer.readableBytesView }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      state.update { $0.end = $0.end ?? .broken }
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      state.update { $0.end = $0.end ?? .closed }
    }
  }

  // MARK: Sending

  /// Sends bytes and waits until the kernel has all of them.
  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  /// Sends bytes; that the other side does not want them any more is no failure.
  func offer(_ bytes: [UInt8]) async { try? await send(bytes) }

  /// Says that nothing more will be sent, and goes on reading.
  func endSending() async throws { try await channel.close(mode: .output).get() }

  func close() async { try? await channel.close().get() }

  /// Breaks off with RST.
  func reset() async {
    try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    await close()
  }

  /// Reads no more before ``readOn()``.
  func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

  /// Reads once, as much as NIO reads at a time.
  func readOnce() { channel.read() }

  func readOn() async throws { try await channel.setOption(.autoRead, value: true).get() }

  // MARK: Receiving

  /// Every byte that came.
  var received: [UInt8] { state.value.bytes }

  var text: String { String(decoding: received, as: UTF8.self) }

  var end: End? { state.value.end }

  /// Waits until a condition holds of what came and was not taken, or the other side has ended.
  @discardableResult
  func until(_ holds: @escaping @Sendable (ArraySlice<UInt8>) -> Bool) async -> State {
    await state.wait { $0.end != nil || holds($0.rest) }
  }

  /// Waits until so many bytes have come in all, or the other side has ended.
  @discardableResult
  func until(count: Int) async -> State {
    await state.wait { $0.end != nil || $0.bytes.count >= count }
  }

  /// Waits until these bytes have come.
  func until(_ text: String) async throws {
    let sought = Array(text.utf8)
    let known = await state.wait { $0.end != nil || $0.bytes.contains(sought) }
    try #require(known.bytes.contains(sought), "'\(text)' did not come; but \(self.text.prefix(400))")
  }

  /// Waits until the other side has ended.
  @discardableResult
  func ended() async -> End {
    await state.wait { $0.end != nil }.end ?? .closed
  }

  /// Waits for the next whole final answer, and takes it.
  func answer(toHead isHead: Bool = false) async throws -> WireAnswer {
    let known = await state.wait { state in
      state.end != nil || (try? WireAnswer.parse(state.rest, toHead: isHead, isEnded: false)) ?? nil != nil
    }
    guard let (answer, length) = try WireAnswer.parse(known.rest, toHead: isHead, isEnded: known.end == .closed) else {
      throw WireError("no whole answer, \(known.end.map { "\($0)" } ?? "open"): \(known.rest.shown)")
    }
    state.update { $0.taken += length }
    return answer
  }

  /// Waits for the next whole request, and takes it; nil when the other side has ended.
  func request() async throws -> WireRequest? {
    let known = await state.wait { state in
      if state.end != nil { return true }
      do { return try WireRequest.parse(state.rest) != nil } catch { return true }
    }
    guard let (request, length) = try WireRequest.parse(known.rest) else { return nil }
    state.update { $0.taken += length }
    arrivals.update { $0.append(request) }
    return request
  }
}

extension Wire {
  /// Opens a connection.
  /// - Parameters:
  ///   - address: Where to.
  ///   - tls: TLS as a client, by the name `localhost`.
  ///   - receiveBuffer: The socket's, for those who are to read slowly.
  /// - Returns: The connection; TLS is not established yet.
  /// - Throws: What NIO says when nobody listens there.
  static func open(
    to address: SocketAddress, tls: NIOSSLContext? = nil, receiveBuffer: Int? = nil
  ) async throws -> Wire {
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    if let receiveBuffer {
      bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
    }
    if address.protocol != .unix { bootstrap = bootstrap.channelOption(.socketOption(.tcp_nodelay), value: 1) }
    let made = Watched<Wire?>(nil)
    _ =
      try await bootstrap
      .channelInitializer { channel in
        let wire = Wire(channel)
        made.update { $0 = wire }
        return channel.eventLoop.makeCompletedFuture {
          if let tls {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
          }
          try channel.pipeline.syncOperations.addHandler(wire.collector())
        }
      }
      .connect(to: address).get()
    return try #require(made.value)
  }
}

struct WireError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

extension Sequence where Element == UInt8 {
  /// The first bytes as text, for messages.
  var shown: String { String(decoding: Array(self.prefix(600)), as: UTF8.self).debugDescription }
}
