import NIOCore

/// A request's head: the bytes as they came, and where each part is.
///
/// An object, for it goes through many hands.
final class RequestHead: Sendable {
  let fields: FieldLines
  let framing: MessageFraming
  /// In capitals.
  let method: String
  /// The request target, as it came: visible ASCII.
  let target: String
  /// The second number of the version; the first is 1.
  let minorVersion: Int

  /// Its answer has no body.
  var isHead: Bool { method == "HEAD" }

  /// `request-line = method SP request-target SP HTTP-version` (RFC 9112 section 3).
  fileprivate init(_ fields: FieldLines, line: Range<Int>, _ limits: MessageLimits) throws(BadMessage) {
    var (blanks, count) = ((0, 0), 0)
    var isVisible = true
    var minor: Int?
    var isVersion = false
    fields.bytes.withUnsafeReadableBytes { bytes in
      for index in line {
        if bytes[index] == FieldBytes.space {
          if count == 0 { blanks.0 = index } else { blanks.1 = index }
          count += 1
        } else if bytes[index] < FieldBytes.space || bytes[index] > 0x7E {
          isVisible = false
        }
      }
      guard count == 2 else { return }
      let version = UnsafeRawBufferPointer(rebasing: bytes[blanks.1 + 1..<line.upperBound])
      (isVersion, minor) = HTTPVersion.read(version)
    }
    guard count == 2, isVisible, blanks.0 > 0, blanks.1 > blanks.0 + 1, isVersion else { throw .malformed }
    guard let minor else { throw .version }
    guard blanks.1 - blanks.0 - 1 <= limits.targetBytes else { throw .targetTooLong }
    method = fields.text(line.lowerBound..<blanks.0)
    guard method.utf8.count <= Self.longestMethod, method.utf8.allSatisfy({ 0x41...0x5A ~= $0 || $0 == 0x2D }) else {
      throw .malformed
    }
    target = fields.text(blanks.0 + 1..<blanks.1)
    minorVersion = minor
    self.fields = fields
    framing = try MessageFraming(fields, minorVersion: minor, limits: limits)
  }
}

/// The only place that knows where a client's requests begin and end.
///
/// Strict: what RFC 9112 does not say is refused, because two servers would read it differently. Written by hand:
/// NIO's parser makes strings of fields, which loses bytes that are no UTF-8, and to look for the ends of heads beside
/// it would be a second reading of the stream.
struct RequestDecoder {
  enum Part {
    case head(RequestHead)
    case body(ByteBuffer)
    /// The request is whole; with the fields behind its last chunk, if there are any.
    case end(FieldLines?)
  }

  private var reader: MessageReader
  private var emptyLines = 0

  init(limits: MessageLimits) {
    reader = MessageReader(limits: limits)
    reader.beginHead()
  }

  /// Bytes are here that were not taken yet.
  var hasBytes: Bool { reader.byteCount > 0 }

  /// How much memory it holds for them.
  var capacity: Int { reader.capacity }

  /// Adds what has come.
  mutating func append(_ bytes: ByteBuffer) { reader.append(bytes) }

  /// Nothing more is read.
  mutating func discard() { reader.discard() }

  /// Takes the next part.
  ///
  /// - Returns: The part; nil where more must come.
  /// - Throws: Why what follows cannot be read; nothing is read behind that.
  mutating func next() throws(BadMessage) -> Part? {
    do throws(BadMessage) {
      if reader.isInHead { guard try skipEmptyLines() else { return nil } }
      switch try reader.next() {
      case .head(let fields, let line)?:
        let head = try RequestHead(fields, line: line, reader.limits)
        reader.beginBody(head.bodyFraming)
        return .head(head)
      case .body(let bytes)?: return .body(bytes)
      case .end(let trailers)?:
        reader.beginHead()
        emptyLines = 0
        return .end(trailers)
      case nil:
        // A line that grows for ever is refused before it is whole.
        if reader.isInFirstLine { try RequestHead.check(partial: reader.byteCount, reader.limits) }
        return nil
      }
    } catch {
      reader.discard()
      throw error
    }
  }

  /// - Returns: Whether a byte of a request is here.
  private mutating func skipEmptyLines() throws(BadMessage) -> Bool {
    while let isEmptyLine = try reader.takeEmptyLine() {
      guard isEmptyLine else { return true }
      emptyLines += 1
      guard emptyLines <= reader.limits.emptyLines else { throw .malformed }
    }
    return false
  }
}

extension RequestHead {
  /// How the end of the body is found: a request that says nothing about it has none (RFC 9112 section 6.3).
  fileprivate var bodyFraming: BodyDecoder.Framing {
    framing.isChunked ? .chunked : framing.contentLength.map { .length($0) } ?? .none
  }

  /// The longest method that is known, `UPDATEREDIRECTREF`, has 17 letters.
  private static let longestMethod = 24
  /// The blank behind the method, the blank behind the target, and `HTTP/1.1`.
  private static let besideTarget = longestMethod + 10

  fileprivate static func check(partial byteCount: Int, _ limits: MessageLimits) throws(BadMessage) {
    if byteCount > limits.targetBytes + besideTarget { throw .targetTooLong }
  }
}

/// `HTTP-version = "HTTP/" DIGIT "." DIGIT` (RFC 9112 section 2.3).
enum HTTPVersion {
  /// - Returns: Whether it is a version, and the second number if the first is 1 and this worker speaks it.
  static func read(_ bytes: UnsafeRawBufferPointer) -> (isVersion: Bool, minor: Int?) {
    guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[5] &- 0x30 < 10, bytes[6] == UInt8(ascii: "."),
      bytes[7] &- 0x30 < 10
    else { return (false, nil) }
    return (true, bytes[5] == UInt8(ascii: "1") && bytes[7] <= UInt8(ascii: "1") ? Int(bytes[7]) - 0x30 : nil)
  }
}
