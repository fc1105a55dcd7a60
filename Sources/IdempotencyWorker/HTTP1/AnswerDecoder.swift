import NIOCore

/// The head of an origin's answer: the bytes as they came, and where each part is.
final class AnswerHead: Sendable {
  let fields: FieldLines
  let framing: MessageFraming
  /// 100 to 999.
  let status: Int
  /// Where the reason phrase is, which may be empty.
  let reason: Range<Int>

  /// `status-line = HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 section 4).
  ///
  /// The blank may be missing where no reason follows: some servers leave it out, every client reads that, and nothing
  /// else can be meant.
  fileprivate init(_ fields: FieldLines, line: Range<Int>, _ limits: MessageLimits) throws(BadMessage) {
    // `HTTP/1.1 200`, and a blank and the reason behind it.
    let length = 12
    guard line.count >= length else { throw .malformed }
    var code: Int?
    var minor: Int?
    fields.bytes.withUnsafeReadableBytes { bytes in
      minor = HTTPVersion.read(UnsafeRawBufferPointer(rebasing: bytes[0..<8])).minor
      guard bytes[8] == FieldBytes.space, line.count == length || bytes[length] == FieldBytes.space else { return }
      let digits = bytes[9..<12]
      guard digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return }
      code = digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }
    guard let minor, let code, code >= 100 else { throw .malformed }
    status = code
    reason = min(length + 1, line.upperBound)..<line.upperBound
    self.fields = fields
    framing = try MessageFraming(fields, minorVersion: minor, limits: limits)
  }
}

/// The only place that knows where an origin's answers begin and end; as strict as ``RequestDecoder``.
struct AnswerDecoder {
  enum Part {
    /// An answer before the answer (1xx).
    case interim(AnswerHead)
    case head(AnswerHead)
    case body(ByteBuffer)
    /// The answer is whole; with the fields behind its last chunk, if there are any.
    case end(FieldLines?)
  }

  private var reader: MessageReader
  /// The answer has no body, whatever its fields say: it is one to HEAD.
  private var isToHead = false
  private var interimAnswers = 0

  init(limits: MessageLimits) {
    reader = MessageReader(limits: limits)
  }

  /// Bytes are here that were not taken yet.
  var hasBytes: Bool { reader.byteCount > 0 }

  /// A request was sent: an answer is next.
  mutating func expect(toHead: Bool) {
    reader.beginHead()
    isToHead = toHead
    interimAnswers = 0
  }

  /// Adds what has come.
  mutating func append(_ bytes: ByteBuffer) { reader.append(bytes) }

  /// Takes the next part.
  ///
  /// - Returns: The part; nil where more must come, and when the answer is over.
  /// - Throws: Why what follows cannot be read; nothing is read behind that.
  mutating func next() throws(BadMessage) -> Part? {
    do throws(BadMessage) {
      switch try reader.next() {
      case .head(let fields, let line)?: return try took(AnswerHead(fields, line: line, reader.limits))
      case .body(let bytes)?: return .body(bytes)
      case .end(let trailers)?: return .end(trailers)
      case nil: return nil
      }
    } catch {
      reader.discard()
      throw error
    }
  }

  /// The origin has ended the connection.
  ///
  /// - Returns: The end of an answer that ends with its connection; nil where none does, and the answer is not whole.
  mutating func finish() -> Part? { reader.finish() ? .end(nil) : nil }

  private mutating func took(_ head: AnswerHead) throws(BadMessage) -> Part {
    guard head.status >= 200 else {
      interimAnswers += 1
      guard interimAnswers <= reader.limits.interimAnswers else { throw .malformed }
      // Nobody asked for another protocol.
      guard head.status != 101 else { throw .malformed }
      reader.beginHead()
      return .interim(head)
    }
    reader.beginBody(bodyFraming(head))
    return .head(head)
  }

  /// RFC 9112 section 6.3.
  private func bodyFraming(_ head: AnswerHead) -> BodyDecoder.Framing {
    if isToHead || head.status == 204 || head.status == 304 { return .none }
    if head.framing.isChunked { return .chunked }
    return head.framing.contentLength.map { .length($0) } ?? .untilEnd
  }
}
