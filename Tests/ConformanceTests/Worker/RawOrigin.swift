import NIOCore
import NIOPosix
import NIOSSL
import Testing
@testable import Harness

/// The API behind a worker, on plain sockets: it says what a test tells it to, whether that is HTTP or not, and keeps
/// every byte that each connection received.
final class RawOrigin: Sendable {
  /// What is done with a connection; when it returns, the connection is closed.
  typealias Script = @Sendable (_ wire: Wire, _ number: Int) async throws -> Void

  let port: Int
  private let listener: any Channel
  private let wires: Watched<[Wire]>
  private let arrivals: Watched<[WireRequest]>

  private init(_ listener: any Channel, _ wires: Watched<[Wire]>, _ arrivals: Watched<[WireRequest]>) throws {
    self.listener = listener
    self.wires = wires
    self.arrivals = arrivals
    port = try #require(listener.localAddress?.port)
  }

  /// Starts an origin on a free port of 127.0.0.1.
  static func start(tls: NIOSSLContext? = nil, _ script: @escaping Script = answering()) async throws -> RawOrigin {
    let wires = Watched<[Wire]>([])
    let arrivals = Watched<[WireRequest]>([])
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          let wire = Wire(channel, arrivals: arrivals)
          try channel.pipeline.syncOperations.addHandler(wire.collector())
          let number = wires.update { wires in
            wires.append(wire)
            return wires.count
          }
          Task {
            try? await script(wire, number)
            await wire.close()
          }
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return try RawOrigin(listener, wires, arrivals)
  }

  /// Answers every request; by default with 200 and `ok`.
  static func answering(
    _ answer: @escaping @Sendable (WireRequest) -> String = { _ in .answer() }
  ) -> Script {
    { wire, _ in
      while let request = try await wire.request() { try await wire.send(answer(request)) }
    }
  }

  /// The connections that were ever made, oldest first.
  var connections: [Wire] { wires.value }

  /// Waits for the connection of this number, from 1.
  func connection(_ number: Int) async throws -> Wire {
    let known = await wires.wait { $0.count >= number }
    try #require(known.count >= number)
    return known[number - 1]
  }

  /// How many bytes came over all connections.
  var bytesReceived: Int { connections.reduce(0) { $0 + $1.received.count } }

  /// Every whole request that came, read strictly; in the order of their arrival, if the script took all of them.
  ///
  /// - Throws: ``WireError`` for anything that is none.
  var requests: [WireRequest] {
    get throws {
      let requests = try audit().requests
      let arrived = arrivals.value
      return arrived.count == requests.count ? arrived : requests
    }
  }

  /// What came: the whole requests, and what of a request is not whole.
  func audit() throws -> (requests: [WireRequest], halves: [ArraySlice<UInt8>]) {
    var requests: [WireRequest] = []
    var halves: [ArraySlice<UInt8>] = []
    for wire in connections {
      var rest = wire.received[...]
      while let (request, length) = try WireRequest.parse(rest) {
        requests.append(request)
        rest = rest.dropFirst(length)
      }
      if !rest.isEmpty { halves.append(rest) }
    }
    return (requests, halves)
  }

  /// Listens no more, and closes every connection.
  func stop() async {
    try? await listener.close().get()
    for wire in connections { await wire.close() }
  }
}

extension String {
  /// An answer with a length.
  static func answer(_ status: Int = 200, _ body: String = "ok", fields: [String] = []) -> String {
    "HTTP/1.1 \(status) Scripted\r\n" + fields.map { $0 + "\r\n" }.joined()
      + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
  }

  /// An answer in chunks.
  static func chunked(_ chunks: [String], fields: [String] = [], trailers: [String] = []) -> String {
    "HTTP/1.1 200 Scripted\r\n" + fields.map { $0 + "\r\n" }.joined() + "Transfer-Encoding: chunked\r\n\r\n"
      + chunks.map { String($0.utf8.count, radix: 16) + "\r\n" + $0 + "\r\n" }.joined() + "0\r\n"
      + trailers.map { $0 + "\r\n" }.joined() + "\r\n"
  }

  /// A request with a length where it has a body.
  static func request(
    _ method: String = "GET", _ target: String = "/free", fields: [String] = [], body: String? = nil,
    version: String = "HTTP/1.1"
  ) -> String {
    "\(method) \(target) \(version)\r\nHost: api.example\r\n" + fields.map { $0 + "\r\n" }.joined()
      + (body.map { "Content-Length: \($0.utf8.count)\r\n\r\n" + $0 } ?? "\r\n")
  }

  /// A guarded request.
  static func guarded(_ key: String = freshKey(), fields: [String] = [], body: String = "{}") -> String {
    request("POST", "/pay", fields: ["Idempotency-Key: \"\(key)\""] + fields, body: body)
  }
}
