import Idempotency
import NIOCore

/// Finds the end of one message's body, and leaves out what frames its chunks.
struct BodyDecoder {
  /// How the end of a body is found.
  enum Framing: Sendable, Hashable {
    case none
    case length(Int)
    case chunked
    /// The end of the connection.
    case untilEnd
  }

  enum Part {
    case bytes(ByteBuffer)
    /// Its end, with the fields behind its last chunk; nil where there are none.
    case end(FieldLines?)
  }

  private enum State {
    case bytes(Int)
    case untilEnd
    case chunkLine(ChunkLine)
    case chunkBytes(Int)
    /// Behind a chunk's bytes; true when CR has come.
    case chunkEnd(Bool)
    case trailers(SectionScanner)
  }

  private var state: State
  private let limits: MessageLimits
  /// Bytes of the chunks so far, and of the extensions.
  private var count = 0
  private var extensionCount = 0

  init(_ framing: Framing, limits: MessageLimits) {
    self.limits = limits
    switch framing {
    case .none: state = .bytes(0)
    case .length(let length): state = .bytes(length)
    case .chunked: state = .chunkLine(ChunkLine())
    case .untilEnd: state = .untilEnd
    }
  }

  /// Whether the end of the connection ends it as well.
  var endsWithConnection: Bool {
    if case .untilEnd = state { true } else { false }
  }

  /// Takes the next part from what has come.
  ///
  /// - Returns: The part; nil where more must come. The caller must not ask again after the end.
  mutating func next(_ buffer: inout ByteBuffer) throws(BadMessage) -> Part? {
    while true {
      switch state {
      case .bytes(0): return .end(nil)
      case .bytes(let rest):
        guard let bytes = Self.take(&buffer, rest) else { return nil }
        state = .bytes(rest - bytes.readableBytes)
        return .bytes(bytes)
      case .untilEnd:
        guard let bytes = Self.take(&buffer, limits.bodyBytes) else { return nil }
        count += bytes.readableBytes
        guard count <= limits.bodyBytes else { throw .bodyTooLarge }
        return .bytes(bytes)
      case .chunkLine(var line):
        let size = try line.read(&buffer, limits, &extensionCount)
        state = .chunkLine(line)
        guard let size else { return nil }
        state = size > 0 ? .chunkBytes(size) : .trailers(SectionScanner(hasFirstLine: false))
        count += size
        guard count <= limits.bodyBytes else { throw .bodyTooLarge }
      case .chunkBytes(let rest):
        guard let bytes = Self.take(&buffer, rest) else { return nil }
        let left = rest - bytes.readableBytes
        state = left > 0 ? .chunkBytes(left) : .chunkEnd(false)
        return .bytes(bytes)
      case .chunkEnd(let hasReturn):
        guard let byte = buffer.readInteger(as: UInt8.self) else { return nil }
        guard byte == (hasReturn ? FieldBytes.lineFeed : FieldBytes.carriageReturn) else { throw .malformed }
        state = hasReturn ? .chunkLine(ChunkLine()) : .chunkEnd(true)
      case .trailers(var scanner):
        let length = try buffer.scan(&scanner, maximum: limits.trailerBytes, limits)
        state = .trailers(scanner)
        guard let length, let section = buffer.readSlice(length: length) else { return nil }
        // A length or a coding behind the body would be another reader's framing.
        guard !scanner.lines.contains(where: { $0.known == .contentLength || $0.known == .transferEncoding }) else {
          throw .malformed
        }
        return .end(scanner.lines.isEmpty ? nil : FieldLines(section, scanner.lines))
      }
    }
  }

  private static func take(_ buffer: inout ByteBuffer, _ rest: Int) -> ByteBuffer? {
    let count = min(rest, buffer.readableBytes)
    return count > 0 ? buffer.readSlice(length: count) : nil
  }
}

/// The line before a chunk's bytes: its size, and extensions that nobody here knows (RFC 9112 section 7.1.1).
private struct ChunkLine {
  private enum Place {
    case size, extensionName, token, quoted, quotedPair, behindQuoted, lineFeed
  }

  private var place = Place.size
  private var size = 0
  private var digits = 0
  /// Bytes of the name or token that is being read.
  private var length = 0

  /// - Returns: The size, when the line is whole.
  mutating func read(
    _ buffer: inout ByteBuffer, _ limits: MessageLimits, _ extensionCount: inout Int
  ) throws(BadMessage) -> Int? {
    while let byte = buffer.readInteger(as: UInt8.self) {
      if place == .lineFeed {
        guard byte == FieldBytes.lineFeed else { throw .malformed }
        return size
      }
      guard place != .size else {
        try readSize(byte, limits)
        continue
      }
      extensionCount += 1
      guard extensionCount <= limits.chunkExtensionBytes else { throw .chunkTooLarge }
      try readExtension(byte)
    }
    return nil
  }

  private mutating func readSize(_ byte: UInt8, _ limits: MessageLimits) throws(BadMessage) {
    guard let digit = Self.value(byte) else {
      guard digits > 0 else { throw .malformed }
      return try endPart(byte)
    }
    digits += 1
    // One more digit must not overflow, whatever the bound of digits is.
    guard digits <= limits.chunkSizeDigits, size <= limits.bodyBytes else { throw .chunkTooLarge }
    size = size << 4 | digit
  }

  private mutating func readExtension(_ byte: UInt8) throws(BadMessage) {
    switch place {
    case .size, .lineFeed: break
    case .extensionName, .token:
      if FieldGrammar.isToken(byte) { return length += 1 }
      guard length > 0 else {
        guard place == .token, byte == UInt8(ascii: "\"") else { throw .malformed }
        return place = .quoted
      }
      if place == .extensionName, byte == UInt8(ascii: "=") {
        place = .token
        return length = 0
      }
      try endPart(byte)
    case .quoted:
      if byte == UInt8(ascii: "\"") {
        place = .behindQuoted
      } else if byte == UInt8(ascii: "\\") {
        place = .quotedPair
      } else if !FieldBytes.isText(byte) {
        throw .malformed
      }
    case .quotedPair:
      guard FieldBytes.isText(byte) else { throw .malformed }
      place = .quoted
    case .behindQuoted: try endPart(byte)
    }
  }

  /// Behind a size, a name or a value: another extension, or the line's end.
  private mutating func endPart(_ byte: UInt8) throws(BadMessage) {
    length = 0
    switch byte {
    case UInt8(ascii: ";"): place = .extensionName
    case FieldBytes.carriageReturn: place = .lineFeed
    default: throw .malformed
    }
  }

  private static func value(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30
    case 0x41...0x46: Int(byte) - 0x41 + 10
    case 0x61...0x66: Int(byte) - 0x61 + 10
    default: nil
    }
  }
}

extension ByteBuffer {
  /// Goes on reading a section that begins with the first readable byte.
  func scan(
    _ scanner: inout SectionScanner, maximum: Int, _ limits: MessageLimits
  ) throws(BadMessage) -> Int? {
    var found: Result<Int?, BadMessage> = .success(nil)
    withUnsafeReadableBytes { bytes in
      found = Result { () throws(BadMessage) in
        try scanner.scan(bytes, maximum: maximum, fieldCount: limits.fieldCount)
      }
    }
    return try found.get()
  }
}
