import NIOCore
import NIOEmbedded
import Testing

@testable import IdempotencyWorker

@Suite("What the worker writes on its connections")
struct PipelineWriterTests {
  @Test("a head: each scalar up to U+00FF is one byte again")
  func bytes() {
    var writer = HeadWriter(ByteBuffer(string: "before\u{E9}"))
    writer.statusLine(200)
    writer.field("X", String(String.UnicodeScalarView((0x80...0xFF).map { Unicode.Scalar(UInt8($0)) })))
    writer.end()
    #expect(
      Array(writer.buffer.readableBytesView) == Array("before\u{E9}".utf8) + Array("HTTP/1.1 200 OK\r\nX: ".utf8)
        + [UInt8](0x80...0xFF) + [13, 10, 13, 10])
  }

  @Test("a head: what is no byte is never cut down to one that means something")
  func noByte() {
    var writer = HeadWriter(ByteBuffer())
    writer.field("X", "a\u{10D}\u{10A}b\u{4E0D}\u{1F60A}")
    writer.end()
    #expect(String(buffer: writer.buffer) == "X: a??b??\r\n\r\n")
  }

  @Test("status lines and numbers", arguments: [(200, "200 OK"), (201, "201 Created"), (299, "299 "), (999, "999 ")])
  func statusLine(status: Int, text: String) {
    var writer = HeadWriter(ByteBuffer())
    writer.statusLine(status)
    #expect(String(buffer: writer.buffer).hasPrefix("HTTP/1.1 \(text)"))
  }

  @Test(arguments: [0, 1, 9, 10, 11, 99, 100, 1_000_000, Int.max])
  func contentLength(count: Int) {
    var writer = HeadWriter(ByteBuffer())
    writer.contentLength(count)
    #expect(String(buffer: writer.buffer) == "Content-Length: \(count)\r\n")
  }

  @Test("chunks: an empty one would end the body, so none is written")
  func chunks() {
    var buffer = ByteBuffer()
    buffer.writeChunk(ByteBuffer(string: "0123456789abcdef"))
    buffer.writeChunk(ByteBuffer())
    buffer.writeLastChunk(nil)
    #expect(String(buffer: buffer) == "10\r\n0123456789abcdef\r\n0\r\n\r\n")
  }

  @Test("W1 fields go on as they came, whatever is behind the colon")
  func fieldsAsTheyCame() {
    let bytes = String(String.UnicodeScalarView((0x80...0xFF).map { Unicode.Scalar(UInt8($0)) }))
    let fields = FieldLines.reading(["X-a": bytes, "y": "\t z\t", "Z": ""])
    var writer = HeadWriter(ByteBuffer())
    for line in fields.lines { writer.field(line, of: fields) }
    #expect(writer.buffer == ByteBuffer(scalars: "X-a: \(bytes)\r\ny: z\r\nZ: \r\n"))
  }

  @Test("trailers: bytes as they came, no field that decides anything")
  func trailers() {
    var buffer = ByteBuffer()
    buffer.writeLastChunk(
      .reading([
        "X-Sum": "7", "content-LENGTH": "40", "Transfer-Encoding": "chunked", "Host": "evil", "Set-Cookie": "a",
        "Idempotent-Replayed": "true", "Idempotency-Attempt": "9", "X-Forwarded-For": "6.6.6.6", "Via": "x",
        "X-Text": "gr\u{C3}\u{BC}n\u{FF}",
      ]))
    #expect(buffer == ByteBuffer(scalars: "0\r\nX-Sum: 7\r\nX-Text: gr\u{C3}\u{BC}n\u{FF}\r\n\r\n"))
  }

  // MARK: Requests to the origin

  /// A channel's handler that has the encoder write.
  final class Encoding: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  }

  /// The bytes that the encoder makes of a request and one flush.
  func encoded(_ framing: BodyFraming, _ bodies: [String] = [], trailers: FieldLines? = nil) throws -> String {
    var encoder = OriginRequestEncoder()
    let handler = Encoding()
    let channel = EmbeddedChannel(handler: handler)
    let context = try #require(handler.context)
    let head = try RequestHead.reading([:])
    let client = ClientAddress(nil, scheme: "http", trusted: [])
    encoder.begin(OriginRequest(head: head, withheld: [], client: client, framing: framing, attempt: nil), context)
    for body in bodies { encoder.send(ByteBuffer(string: body), context) }
    encoder.end(trailers, context)
    #expect(encoder.isHeadPending == !bodies.contains { $0.utf8.count > 16_384 })
    encoder.handOver(to: context)
    channel.flush()
    #expect(!encoder.isHeadPending)
    var text = ""
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
    _ = try channel.finish(acceptAlreadyClosed: true)
    return text
  }

  static let head = """
    POST /a HTTP/1.1\r
    X-Forwarded-Proto: http\r
    Forwarded: for=unknown;proto=http\r
    Via: 1.1 idempotency\r

    """

  @Test("requests with a length, in chunks, and without a body")
  func requests() throws {
    #expect(try encoded(.length(2), ["{}"]) == Self.head + "Content-Length: 2\r\n\r\n{}")
    #expect(
      try encoded(.chunked, ["{}", "[]"], trailers: .reading(["X": "y"]))
        == Self.head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n2\r\n[]\r\n0\r\nX: y\r\n\r\n")
    #expect(try encoded(.none) == Self.head + "\r\n")
  }

  @Test("a body without a frame would be the next request: it is not written")
  func unframed() throws {
    #expect(try encoded(.none, ["GET /smuggled HTTP/1.1\r\n\r\n"]) == Self.head + "\r\n")
  }

  @Test("a large body is not copied behind its head, and comes in order")
  func large() throws {
    let text = String(repeating: "x", count: 100_000)
    #expect(
      try encoded(.length(200_000), [text, text]) == Self.head + "Content-Length: 200000\r\n\r\n" + text + text)
  }
}
