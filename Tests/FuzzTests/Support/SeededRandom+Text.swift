import IdempotencyTesting

/// Texts of all sorts.
extension SeededRandom {
  private static let scalars: [Unicode.Scalar] = [
    "a", "Z", "0", " ", "\"", "\\", "/", "~", "%", "\0", "\t", "\n", "\r", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}",
    "\u{A0}",
    "é", "ÿ", "\u{301}", "ı", "İ", "ſ", "\u{200D}", "\u{600}", "\u{2028}", "\u{FEFF}", "\u{FFFD}", "\u{FFFF}", "🔑",
    "\u{1F1E9}", "\u{10FFFF}",
  ]

  /// Any scalar below `limit`.
  mutating func scalar(below limit: UInt32 = 0x110000) -> Unicode.Scalar {
    let scalar = chance(70) ? pick(Self.scalars) : Unicode.Scalar(UInt32(truncatingIfNeeded: next() % UInt64(limit)))
    guard let scalar, scalar.value < limit else { return "x" }
    return scalar
  }

  /// Any text, of scalars below `limit`.
  mutating func text(upTo count: Int, below limit: UInt32 = 0x110000) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: some(upTo: count) { $0.scalar(below: limit) })
    return String(text)
  }

  /// Printable ASCII of exactly so many bytes, rich in what separates and escapes.
  mutating func printable(_ count: Int) -> String {
    var text = ""
    for _ in 0..<count {
      text.unicodeScalars.append(
        chance(20) ? pick(["\"", "\\", ",", ";", "=", " "]) : Unicode.Scalar(UInt8(0x20 + below(95))))
    }
    return text
  }

  mutating func blanks() -> String { String(some(upTo: 2) { $0.pick([" ", "\t"]) }) }
}
