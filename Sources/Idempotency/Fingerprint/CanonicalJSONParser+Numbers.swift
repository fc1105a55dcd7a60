extension CanonicalJSONParser {
  /// The most digits an exponent may have, leading zeros aside.
  ///
  /// Eighteen stay exact in 64 bits with any body's length added, and no number is ever written out in full.
  private static var maximumExponentDigits: Int { 18 }

  /// Reads a number and writes it as an exact decimal.
  mutating func parseNumber() throws(JSONError) {
    let (offset, start) = (position, output.count)
    if peek() == UInt8(ascii: "-") {
      output.append(UInt8(ascii: "-"))
      position += 1
    }
    let firstDigit = output.count
    if peek() == 0x30 { position += 1 } else { try parseDigits(from: firstDigit) }
    var exponent = 0
    if peek() == UInt8(ascii: ".") {
      position += 1
      let fraction = position
      try parseDigits(from: firstDigit)
      exponent -= position - fraction
    }
    let written = try parseExponent()
    while output.count > firstDigit, output.last == 0x30 {
      output.removeLast()
      exponent += 1
    }
    guard output.count > firstDigit else {
      // Zero whatever its sign and exponent: as decimals 0, -0 and 0e9 are equal.
      output.removeLast(output.count - start)
      output.append(0x30)
      return
    }
    guard let written else { throw JSONError(reason: .exponent, offset: offset) }
    exponent += written
    if exponent != 0 { output.append(contentsOf: "e\(exponent)".utf8) }
  }

  /// Reads one digit or more and writes them, but for zeros that would stand first.
  private mutating func parseDigits(from firstDigit: Int) throws(JSONError) {
    guard (0x30...0x39).contains(peek()) else { throw failure(.syntax) }
    while (0x30...0x39).contains(peek()) {
      if peek() != 0x30 || output.count > firstDigit { output.append(peek()) }
      position += 1
    }
  }

  /// Reads an exponent if there is one, else 0; nil if it is too long to be held.
  private mutating func parseExponent() throws(JSONError) -> Int? {
    guard peek() | 0x20 == UInt8(ascii: "e") else { return 0 }
    position += 1
    let isNegative = peek() == UInt8(ascii: "-")
    if isNegative || peek() == UInt8(ascii: "+") { position += 1 }
    guard (0x30...0x39).contains(peek()) else { throw failure(.syntax) }
    while peek() == 0x30 { position += 1 }
    let first = position
    var value = 0
    while (0x30...0x39).contains(peek()) {
      if position - first < Self.maximumExponentDigits { value = value * 10 + Int(peek() - 0x30) }
      position += 1
    }
    guard position - first <= Self.maximumExponentDigits else { return nil }
    return isNegative ? -value : value
  }
}
