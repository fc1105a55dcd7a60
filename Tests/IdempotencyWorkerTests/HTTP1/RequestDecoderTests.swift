import Idempotency
import NIOCore
import Testing

@testable import IdempotencyWorker

@Suite("W1 requests: where each begins and ends, what is refused, and how much of each part is read")
struct RequestDecoderTests {
  /// Each message of the corpus alone, and behind it the next one, or the next two.
  static let streams: [[UInt8]] =
    WireCorpus.requests.indices.flatMap { index -> [[UInt8]] in
      let next = (0..<3).map { WireCorpus.requests[(index + $0) % WireCorpus.requests.count] }
      return [next[0], next[0] + next[1]]
    } + [0, 3, 6].map { WireCorpus.requests[$0...$0 + 2].flatMap { $0 } }

  @Test("however a stream of one, two or three messages is cut, once or twice, it is read the same", arguments: streams)
  func cuts(stream: [UInt8]) {
    let whole = WireReading(requests: stream)
    #expect(!whole.isRefused && whole.messages.allSatisfy(\.isWhole))
    for first in 0...stream.count {
      for second in first...stream.count where WireReading(requests: stream, cuts: [first, second]) != whole {
        Issue.record("another reading when cut at \(first) and \(second)")
        return
      }
    }
    #expect(WireReading(requests: stream, cuts: Array(stream.indices)) == whole)
  }

  @Test("fields, bodies and trailers keep their bytes, whatever was pipelined before them")
  func bytes() throws {
    let fields = String(String.UnicodeScalarView((0x80...0xFF).map { Unicode.Scalar(UInt8($0)) }))
    let body = [UInt8](0...255)
    var stream = ByteBuffer(string: "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    stream.writeImmutableBuffer(
      ByteBuffer(scalars: "POST / HTTP/1.1\r\nHost: a\r\nX: \(fields)\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n"))
    stream.writeBytes(body)
    stream.writeImmutableBuffer(ByteBuffer(scalars: "\r\n0\r\nX-T: \(fields)\r\n\r\n"))
    var decoder = RequestDecoder(limits: MessageLimits())
    decoder.append(stream)
    var heads: [RequestHead] = []
    var received: [UInt8] = []
    var trailers: FieldLines?
    while let part = try decoder.next() {
      switch part {
      case .head(let head): heads.append(head)
      case .body(let bytes): received += bytes.readableBytesView
      case .end(let end): trailers = end ?? trailers
      }
    }
    #expect(heads.map(\.target) == ["/x", "/"] && received == body)
    #expect(heads.last?.fields.values("x") == [fields] && trailers?.values("x-t") == [fields])
  }

  /// What the worker must not read in any way: another server might read it in another.
  static let refused: [String] = [
    "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
    "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", "GET / HTTP/1.1\rX: a\r\n\r\n", "GET / HTTP/1.1\r\nX : a\r\n\r\n",
    "GET / HTTP/1.1\r\nX\t: a\r\n\r\n", "GET / HTTP/1.1\r\n X: a\r\n\r\n", "GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
    "GET / HTTP/1.1\r\n: a\r\n\r\n", "GET / HTTP/1.1\r\nX\r\n\r\n", "GET / HTTP/1.1\r\nX: a\0\r\n\r\n",
    "GET / HTTP/1.1\r\nX: \u{7F}\r\n\r\n", "GET / HTTP/1.1\r\nX(: a\r\n\r\n", "GET / HTTP/1.1\r\n\u{E9}: a\r\n\r\n",
    "GET  / HTTP/1.1\r\n\r\n", "GET /  HTTP/1.1\r\n\r\n", " GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
    "GET\t/ HTTP/1.1\r\n\r\n", "GET / x HTTP/1.1\r\n\r\n", "GET /\u{E9} HTTP/1.1\r\n\r\n", "GET /\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.2\r\n\r\n", "GET / HTTP/11\r\n\r\n", "GET / http/1.1\r\n\r\n",
    "GET / HTTP/0.9\r\n\r\n", "GET / RTSP/1.0\r\n\r\n", "get / HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n",
    "\n\nGET / HTTP/1.1\r\n\r\n", "\rGET / HTTP/1.1\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nx", "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
    "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ]

  /// Chunks that another server might end elsewhere.
  static let refusedChunks = [
    "1\nx\r\n0\r\n\r\n", "1\r\nx\n0\r\n\r\n", "1\r\nxy\r\n0\r\n\r\n", "1 \r\nx\r\n0\r\n\r\n", " 1\r\nx\r\n0\r\n\r\n",
    "0x1\r\nx\r\n0\r\n\r\n", "-1\r\nx\r\n0\r\n\r\n", "+1\r\nx\r\n0\r\n\r\n", "1_0\r\nx\r\n0\r\n\r\n", "\r\n\r\n",
    ";a\r\n",
    "1;\r\nx\r\n0\r\n\r\n", "1;a=\r\nx\r\n0\r\n\r\n", "1;a=\"\r\nx\r\n0\r\n\r\n", "1;a=\"b\"c\r\nx\r\n0\r\n\r\n",
    "1; a\r\nx\r\n0\r\n\r\n", "1;a\nx\r\n0\r\n\r\n", "1;a=\"\n\"\r\nx\r\n0\r\n\r\n", "1;a=\"\\\n\"\r\nx\r\n0\r\n\r\n",
    "FFFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n", "10000000000000001\r\n", "0\r\nX : y\r\n\r\n", "0\r\n y\r\n\r\n",
    "0\r\n: y\r\n\r\n", "0\r\nContent-Length: 1\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\nX: y\n\r\n",
  ]

  @Test("what is not the grammar, each at once", arguments: refused)
  func refuses(text: String) {
    let bytes = text.unicodeScalars.map { UInt8($0.value) }
    #expect(WireReading(requests: bytes).isRefused)
    // Not only because it was the first.
    #expect(WireReading(requests: WireCorpus.requests[0] + bytes).isRefused)
  }

  @Test("chunks that are not the grammar", arguments: refusedChunks)
  func refusesChunks(text: String) {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    let reading = WireReading(requests: Array((head + text).utf8))
    #expect(reading.isRefused && reading.messages.count == 1 && !reading.messages[0].isWhole)
  }

  @Test("a byte that no head has is refused before its line is whole", arguments: ["\0", "\n", "\u{7F}", "\u{1}"])
  func early(byte: String) {
    #expect(WireReading(requests: Array("GET /\(byte)".utf8)).isRefused)
    #expect(WireReading(requests: Array("GET / HTTP/1.1\r\nX: \(byte)".utf8)).isRefused)
  }

  @Test("a connection goes on, or not")
  func keepAlive() throws {
    func isKept(_ fields: KeyValuePairs<String, String>, minor: Int = 1) throws -> Bool {
      try RequestHead.reading(fields, minor: minor).framing.isKeepAlive
    }
    #expect(try isKept([:]) && !isKept([:], minor: 0))
    #expect(try !isKept(["Connection": "close"]) && !isKept(["connection": "Keep-Alive, CLOSE"]))
    #expect(try isKept(["Connection": "Keep-Alive"], minor: 0) && isKept(["Connection": "x, keep-alive"], minor: 0))
    #expect(try !isKept(["Connection": "keep-alive", "connection": "close"], minor: 0))
    #expect(try isKept(["Connection": "closed"]))
  }

  // MARK: Bounds, each from both sides

  private func status(_ text: String, _ change: (inout MessageLimits) -> Void) -> Int? {
    var limits = MessageLimits()
    change(&limits)
    var decoder = RequestDecoder(limits: limits)
    decoder.append(ByteBuffer(string: text))
    do throws(BadMessage) {
      while try decoder.next() != nil {}
      return nil
    } catch {
      return error.status
    }
  }

  @Test("bounds of a head")
  func headBounds() {
    let head = "GET / HTTP/1.1\r\nX: yy\r\n\r\n"
    #expect(status(head) { $0.headBytes = head.utf8.count } == nil)
    #expect(status(head) { $0.headBytes = head.utf8.count - 1 } == 431)
    // Before it is whole, and before its line is.
    #expect(status(String(head.dropLast(2)) + String(repeating: "y", count: 40)) { $0.headBytes = 40 } == 431)
    #expect(status("GET /aaa HTTP/1.1\r\n\r\n") { $0.targetBytes = 4 } == nil)
    #expect(status("GET /aaaa HTTP/1.1\r\n\r\n") { $0.targetBytes = 4 } == 414)
    #expect(status("GET /" + String(repeating: "a", count: 60)) { $0.targetBytes = 4 } == 414)
    #expect(status("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n") { $0.fieldCount = 2 } == nil)
    #expect(status("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n") { $0.fieldCount = 1 } == 431)
    #expect(status("\r\n\r\nGET / HTTP/1.1\r\n\r\n") { $0.emptyLines = 2 } == nil)
    #expect(status("\r\n\r\nGET / HTTP/1.1\r\n\r\n") { $0.emptyLines = 1 } == 400)
  }

  @Test("names in Connection are bounded: each is compared with each field")
  func connectionNames() {
    let head = "GET / HTTP/1.1\r\nConnection: a, b, close, keep-alive\r\nConnection: c\r\n\r\n"
    #expect(status(head) { $0.connectionNames = 3 } == nil)
    #expect(status(head) { $0.connectionNames = 2 } == 431)
  }

  @Test("what was read is let go of: a connection whose reads cut every head holds no more than one")
  func memory() throws {
    let request = "GET /free HTTP/1.1\r\nHost: a\r\n\r\n"
    var decoder = RequestDecoder(limits: MessageLimits())
    decoder.append(ByteBuffer(string: request + "G"))
    for _ in 0..<20_000 {
      while try decoder.next() != nil {}
      decoder.append(ByteBuffer(string: request.dropFirst() + "G"))
    }
    #expect(decoder.capacity < 1_024)
    decoder.discard()
    decoder.append(ByteBuffer(string: request))
    #expect(decoder.capacity == 0 && !decoder.hasBytes)
  }

  @Test("a token's bytes are those of RFC 9110 section 5.6.2")
  func tokens() {
    let tokens = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
    for byte in 0...255 as ClosedRange<UInt8> {
      #expect(FieldGrammar.isToken(byte) == tokens.contains(byte), "\(byte)")
    }
  }

  @Test("bounds of a body")
  func bodyBounds() {
    #expect(status("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello") { $0.bodyBytes = 5 } == nil)
    #expect(status("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello") { $0.bodyBytes = 4 } == 413)
    func chunks(_ text: String) -> String { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + text }
    let two = chunks("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
    #expect(status(two) { $0.bodyBytes = 5 } == nil && status(two) { $0.bodyBytes = 4 } == 413)
    #expect(status(chunks("0005\r\nhello\r\n0\r\n\r\n")) { $0.chunkSizeDigits = 4 } == nil)
    #expect(status(chunks("00005\r\nhello\r\n0\r\n\r\n")) { $0.chunkSizeDigits = 4 } == 400)
    let extended = chunks("1;ab\r\nx\r\n1;c=d\r\ny\r\n0\r\n\r\n")
    // Of the message, with the ends of their lines.
    #expect(status(extended) { $0.chunkExtensionBytes = 10 } == nil)
    #expect(status(extended) { $0.chunkExtensionBytes = 4 } == 400)
    // As much as a head.
    let trailers = "X: " + String(repeating: "y", count: 200) + "\r\n\r\n"
    #expect(status(chunks("0\r\n" + trailers)) { $0.headBytes = trailers.utf8.count } == nil)
    #expect(status(chunks("0\r\n" + trailers)) { $0.headBytes = trailers.utf8.count - 1 } == 431)
    #expect(status(chunks("0\r\nA: b\r\nC: d\r\n\r\n")) { $0.fieldCount = 2 } == nil)
    #expect(status(chunks("0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n")) { $0.fieldCount = 2 } == 431)
  }
}
