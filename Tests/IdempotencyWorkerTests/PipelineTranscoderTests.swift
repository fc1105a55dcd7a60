import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import IdempotencyWorker

@Suite("Field bytes 80 to FF through NIOHTTP1's decoder, however a message is cut")
struct PipelineTranscoderTests {
  /// Keeps what the decoder makes of a message, and says when it has got a head, as the connections do.
  final class Requests: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    let transcoder: FieldByteTranscoder
    var heads: [HTTPRequestHead] = []
    var body: [UInt8] = []
    var ends = 0

    init(_ transcoder: FieldByteTranscoder) { self.transcoder = transcoder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        transcoder.expectsHead = false
        heads.append(head)
      case .body(let bytes): body += bytes.readableBytesView
      case .end:
        ends += 1
        transcoder.expectHead()
      }
    }
  }

  final class Answers: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    let transcoder: FieldByteTranscoder
    var heads: [HTTPResponseHead] = []
    var body: [UInt8] = []

    init(_ transcoder: FieldByteTranscoder) { self.transcoder = transcoder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        transcoder.expectsHead = false
        heads.append(head)
      case .body(let bytes): body += bytes.readableBytesView
      case .end: break
      }
    }
  }

  static let high = [UInt8](0x80...0xFF)
  /// One scalar for each byte.
  static let scalars = String(String.UnicodeScalarView(high.map { Unicode.Scalar($0) }))

  static let head =
    Array("X-High: ".utf8) + high + Array("\r\nX-Ones: 1111111111111111\r\nContent-Length: 128\r\n\r\n".utf8)
  static let request = Array("POST /1 HTTP/1.1\r\nHost: 1\r\n".utf8) + head + high
  static let answer = Array("HTTP/1.1 200 OK\r\n".utf8) + head + high
  static let interim = Array("HTTP/1.1 103 Early Hints\r\nX-High: ".utf8) + high + Array("\r\n\r\n".utf8)

  /// Every message in two pieces, and byte by byte.
  static func cuts(_ message: [UInt8]) -> [[ArraySlice<UInt8>]] {
    (1..<message.count).map { [message[..<$0], message[$0...]] } + [
      message.indices.map { message[$0...$0] }, [message[...]],
    ]
  }

  func requests(_ pieces: [ArraySlice<UInt8>]) throws -> Requests {
    let transcoder = FieldByteTranscoder(.requests)
    let requests = Requests(transcoder)
    let channel = EmbeddedChannel()
    let sync = channel.pipeline.syncOperations
    try sync.addHandler(transcoder)
    try sync.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    try sync.addHandler(requests)
    for piece in pieces { try channel.writeInbound(ByteBuffer(bytes: piece)) }
    _ = try channel.finish(acceptAlreadyClosed: true)
    return requests
  }

  func answers(_ pieces: [ArraySlice<UInt8>]) throws -> Answers {
    let transcoder = FieldByteTranscoder(.responses)
    let answers = Answers(transcoder)
    let channel = EmbeddedChannel()
    let sync = channel.pipeline.syncOperations
    try sync.addHandler(transcoder)
    try sync.addHandler(OriginRequestEncoder())
    try sync.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)))
    try sync.addHandler(answers)
    channel.write(HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")), promise: nil)
    for piece in pieces { try channel.writeInbound(ByteBuffer(bytes: piece)) }
    _ = try channel.finish(acceptAlreadyClosed: true)
    return answers
  }

  @Test("a request, with and without empty lines before it", arguments: ["", "\r\n", "\r\n\r\n"])
  func request(before: String) throws {
    for pieces in Self.cuts(Array(before.utf8) + Self.request) {
      let comment: Comment = "\(pieces.count) pieces, the first of \(pieces[0].count)"
      let requests = try requests(pieces)
      #expect(requests.heads.map { $0.headers["x-high"] } == [[Self.scalars]], comment)
      #expect(requests.body == Self.high && requests.ends == 1, comment)
    }
  }

  @Test("an answer, alone and behind interim ones", arguments: 0...2)
  func answer(interims: Int) throws {
    let message = (0..<interims).flatMap { _ in Self.interim } + Self.answer
    for pieces in Self.cuts(message) {
      let comment: Comment = "\(pieces.count) pieces, the first of \(pieces[0].count)"
      let answers = try answers(pieces)
      #expect(answers.heads.map { $0.headers["x-high"] } == [[Self.scalars]], comment)
      #expect(answers.body == Self.high, comment)
    }
  }

  @Test("a second request on the same connection")
  func second() throws {
    for cut in 1..<Self.request.count {
      let requests = try requests([Self.request[...], Self.request[..<cut], Self.request[cut...]])
      #expect(requests.heads.map { $0.headers["x-high"] } == [[Self.scalars], [Self.scalars]])
      #expect(requests.body == Self.high + Self.high)
    }
  }

  @Test("a buffer of any length is searched to its last byte")
  func search() {
    for count in 0...40 {
      var bytes = [UInt8](repeating: 0x7F, count: count)
      #expect(!ByteBuffer(bytes: bytes).readableBytesView.hasByteAboveASCII)
      for index in bytes.indices {
        bytes[index] = 0x80
        #expect(ByteBuffer(bytes: bytes).readableBytesView.hasByteAboveASCII)
        bytes[index] = 0x7F
      }
    }
  }
}
