import Idempotency

/// Reads a head or a trailer section line by line while its bytes come in; looks at each byte once.
struct SectionScanner {
  private(set) var lines: [FieldLine] = []
  /// The first line, without its end; nil as long as it is not whole, and for trailers.
  private(set) var firstLine: Range<Int>?

  private let hasFirstLine: Bool
  private var lineStart = 0
  private var scanned = 0

  /// - Parameter hasFirstLine: Whether it is a head: its first line is no field.
  init(hasFirstLine: Bool) {
    self.hasFirstLine = hasFirstLine
  }

  /// Goes on with what has come.
  ///
  /// - Parameters:
  ///   - bytes: The section from its first byte on, as far as it is here.
  ///   - maximum: The most bytes that the section may have.
  ///   - fieldCount: The most fields.
  /// - Returns: The section's length, its empty line included; nil while it is not whole.
  /// - Throws: What is not the grammar, or beyond its bound.
  mutating func scan(
    _ bytes: UnsafeRawBufferPointer, maximum: Int, fieldCount: Int
  ) throws(BadMessage) -> Int? {
    while true {
      let end = FieldBytes.firstControl(bytes, from: scanned)
      scanned = end
      guard end < maximum else { throw .headTooLarge }
      guard end < bytes.count else { return nil }
      // CR and LF end a line together and are nowhere else.
      guard bytes[end] == FieldBytes.carriageReturn else { throw .malformed }
      guard end + 1 < bytes.count else { return nil }
      guard bytes[end + 1] == FieldBytes.lineFeed else { throw .malformed }
      let line = lineStart..<end
      lineStart = end + 2
      scanned = lineStart
      if hasFirstLine, firstLine == nil {
        firstLine = line
      } else if line.isEmpty {
        guard lineStart <= maximum else { throw .headTooLarge }
        return lineStart
      } else {
        guard lines.count < fieldCount else { throw .headTooLarge }
        if lines.isEmpty { lines.reserveCapacity(16) }
        lines.append(try Self.field(bytes, line))
      }
    }
  }

  /// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 section 5): no blank before the colon, no line that
  /// continues the one before.
  private static func field(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(BadMessage) -> FieldLine {
    var colon = line.lowerBound
    var hasUnderscore = false
    while colon < line.upperBound, FieldGrammar.isToken(bytes[colon]) {
      if bytes[colon] == UInt8(ascii: "_") { hasUnderscore = true }
      colon += 1
    }
    guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else { throw .malformed }
    let name = line.lowerBound..<colon
    var (start, end) = (colon + 1, line.upperBound)
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    let known = hasUnderscore ? KnownField.underscored(bytes, name) : KnownField(bytes, name)
    return FieldLine(known, hasUnderscore: hasUnderscore, name: name, value: start..<end)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == FieldBytes.space || byte == FieldBytes.tab }
}
