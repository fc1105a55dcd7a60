import IdempotencyTesting

extension SeededRandom {
  private static let scalars: [Unicode.Scalar] = [
    "a", "b", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "é", "\u{301}", "🔑", "\u{FFFF}",
  ]

  /// A random value, nested no deeper than told.
  mutating func value(depth: Int) -> CanonicalJSONPropertyTests.Value {
    switch Int.random(in: 0..<(depth == 0 ? 3 : 5), using: &self) {
    case 0: return .literal(["true", "false", "null"].randomElement(using: &self)!)
    case 1:
      var digits = Int.random(in: -200...200, using: &self)
      while digits != 0, digits % 10 == 0 { digits /= 10 }
      return .number(digits: digits, exponent: Int.random(in: -4...4, using: &self))
    case 2: return .string(scalars())
    case 3: return .array((0..<Int.random(in: 0...3, using: &self)).map { _ in value(depth: depth - 1) })
    default:
      var members: [(name: [Unicode.Scalar], value: CanonicalJSONPropertyTests.Value)] = []
      for _ in 0..<Int.random(in: 0...4, using: &self) {
        let name = scalars()
        if !members.contains(where: { $0.name == name }) { members.append((name, value(depth: depth - 1))) }
      }
      return .object(members)
    }
  }

  /// Writes a value in one of its many spellings.
  mutating func write(_ value: CanonicalJSONPropertyTests.Value) -> String {
    let text =
      switch value {
      case .literal(let text): text
      case .number(let digits, let exponent): write(digits: digits, exponent: exponent)
      case .string(let scalars): write(scalars)
      case .array(let values): "[" + values.map { write($0) }.joined(separator: ",") + blanks() + "]"
      case .object(let members):
        "{"
          + members.shuffled(using: &self).map { blanks() + write($0.name) + blanks() + ":" + write($0.value) }
          .joined(separator: ",") + blanks() + "}"
      }
    return blanks() + text + blanks()
  }

  private mutating func scalars() -> [Unicode.Scalar] {
    (0..<Int.random(in: 0...3, using: &self)).map { _ in Self.scalars.randomElement(using: &self)! }
  }

  private mutating func blanks() -> String {
    text(of: [" ", "\t", "\r", "\n"], count: 0...2)
  }

  private mutating func write(digits: Int, exponent: Int) -> String {
    let sign = digits < 0 ? "-" : ""
    var magnitude = "\(digits.magnitude)"
    var exponent = exponent
    let zeros = Int.random(in: 0...3, using: &self)
    if digits != 0 {
      magnitude += String(repeating: "0", count: zeros)
      exponent -= zeros
    }
    if Bool.random(using: &self) {
      let places = Int.random(in: 1...3, using: &self)
      magnitude = String(repeating: "0", count: max(0, places + 1 - magnitude.count)) + magnitude
      magnitude = magnitude.dropLast(places) + "." + magnitude.suffix(places)
      exponent += places
    }
    if exponent == 0, Bool.random(using: &self) { return sign + magnitude }
    let letter = Bool.random(using: &self) ? "e" : "E"
    let plus = exponent >= 0 && Bool.random(using: &self) ? "+" : ""
    let digitsOfExponent = exponent < 0 ? "-0\(-exponent)" : "\(exponent)"
    return sign + magnitude + letter + plus + digitsOfExponent
  }

  private mutating func write(_ scalars: [Unicode.Scalar]) -> String {
    let body = scalars.map { scalar in
      let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      guard mustEscape || Int.random(in: 0..<3, using: &self) == 0 else { return String(scalar) }
      if scalar == "/" || scalar == "\"" || scalar == "\\", Bool.random(using: &self) { return "\\\(scalar)" }
      return String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16, uppercase: Bool.random(using: &self))
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
    return "\"" + body.joined() + "\""
  }
}
