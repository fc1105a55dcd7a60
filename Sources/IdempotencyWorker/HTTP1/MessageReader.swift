import NIOCore

/// What ``RequestDecoder`` and ``AnswerDecoder`` share: the bytes that were not taken yet, and how far a message is read.
struct MessageReader {
  enum Piece {
    /// A head, whole, and where its first line is.
    case head(FieldLines, firstLine: Range<Int>)
    case body(ByteBuffer)
    /// The message is whole; with the fields behind its last chunk, if there are any.
    case end(FieldLines?)
  }

  private enum State {
    /// Nothing is read before ``beginHead()``.
    case idle
    case head(SectionScanner)
    case body(BodyDecoder)
    /// Nothing more is read.
    case failed
  }

  let limits: MessageLimits
  private var state = State.idle
  private var buffer = ByteBuffer()

  init(limits: MessageLimits) {
    self.limits = limits
  }

  /// How many bytes are here that were not taken yet.
  var byteCount: Int { buffer.readableBytes }

  /// How much memory is held for them.
  var capacity: Int { buffer.capacity }

  /// Whether a head is being read.
  var isInHead: Bool {
    if case .head = state { true } else { false }
  }

  /// Whether a head is being read whose first line is not whole.
  var isInFirstLine: Bool {
    if case .head(let scanner) = state { scanner.firstLine == nil } else { false }
  }

  /// A head is next.
  mutating func beginHead() { state = .head(SectionScanner(hasFirstLine: true)) }

  /// The body behind a head is next.
  mutating func beginBody(_ framing: BodyDecoder.Framing) { state = .body(BodyDecoder(framing, limits: limits)) }

  /// Adds what has come.
  mutating func append(_ bytes: ByteBuffer) {
    // A connection that is being closed may still give what comes.
    if case .failed = state { return }
    buffer.add(bytes)
  }

  /// Nothing more is read.
  mutating func discard() {
    state = .failed
    buffer = ByteBuffer()
  }

  /// Takes the next piece; after an end nothing is read before ``beginHead()``.
  ///
  /// - Returns: The piece; nil where more must come.
  /// - Throws: Why what follows cannot be read. The caller then discards the rest.
  mutating func next() throws(BadMessage) -> Piece? {
    defer { letGo() }
    switch state {
    case .idle, .failed: return nil
    case .head(var scanner):
      // The scanner is the only owner of its lines while it adds to them.
      state = .failed
      let length = try buffer.scan(&scanner, maximum: limits.headBytes, limits)
      state = .head(scanner)
      guard let length, let section = buffer.readSection(length: length) else { return nil }
      return .head(FieldLines(section, scanner.lines), firstLine: scanner.firstLine ?? 0..<0)
    case .body(var body):
      state = .failed
      let part = try body.next(&buffer)
      state = .body(body)
      switch part {
      case .bytes(let bytes)?: return .body(bytes)
      case .end(let trailers)?:
        state = .idle
        return .end(trailers)
      case nil: return nil
      }
    }
  }

  /// Takes an empty line off, if one is next.
  ///
  /// - Returns: Whether one was; nil where the next byte decides and is not here yet.
  /// - Throws: CR is next, and no LF behind it.
  mutating func takeEmptyLine() throws(BadMessage) -> Bool? {
    defer { letGo() }
    guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
    guard first == FieldBytes.carriageReturn else { return false }
    guard let second = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self) else { return nil }
    guard second == FieldBytes.lineFeed else { throw .malformed }
    buffer.moveReaderIndex(forwardBy: 2)
    return true
  }

  /// The connection has ended.
  ///
  /// - Returns: Whether that ends the message.
  mutating func finish() -> Bool {
    guard case .body(let body) = state, body.endsWithConnection else { return false }
    state = .idle
    return true
  }

  /// A buffer that is used up is let go of: it could not be read into again.
  private mutating func letGo() {
    if buffer.readableBytes == 0 { buffer = ByteBuffer() }
  }
}

extension ByteBuffer {
  /// Adds what has come to what was not taken yet; where all was taken, nothing is copied.
  fileprivate mutating func add(_ bytes: ByteBuffer) {
    guard readableBytes > 0 else { return self = bytes }
    // Else what was read would stay in front, and grow with the connection.
    discardReadBytes()
    writeImmutableBuffer(bytes)
  }

  /// Takes a head off, without the rest of a large buffer: a head lives as long as its request.
  fileprivate mutating func readSection(length: Int) -> ByteBuffer? {
    guard let section = readSlice(length: length) else { return nil }
    let isSmallPart = section.storageCapacity > 8 * 1024 && section.storageCapacity > 4 * length
    return isSmallPart ? ByteBuffer(bytes: section.readableBytesView) : section
  }
}
