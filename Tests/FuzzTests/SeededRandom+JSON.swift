import IdempotencyTesting

extension SeededRandom {
  /// Names that pointers can hit more than once, and that look like indices and escapes.
  private static let names = ["", "a", "b", "0", "1", "01", "-", "~", "/", "~1", "é", "e\u{301}", "a\"b"]

  mutating func json(depth: Int) -> FuzzJSON {
    switch below(depth == 0 ? 4 : 8) {
    case 0: return .literal(pick(["true", "false", "null"]))
    case 1, 2: return jsonNumber()
    case 3: return .string(some(upTo: 6) { $0.scalar() })
    case 4, 5: return .array(some(upTo: 4) { $0.json(depth: depth - 1) })
    default:
      var members: [FuzzJSON.Member] = []
      for _ in 0..<count(upTo: 6) {
        let member = FuzzJSON.Member(name: jsonName(), value: json(depth: depth - 1))
        if !members.contains(where: { $0.name == member.name }) { members.append(member) }
      }
      return .object(members)
    }
  }

  mutating func jsonName() -> [Unicode.Scalar] {
    chance(80) ? Array(pick(Self.names).unicodeScalars) : some(upTo: 4) { $0.scalar() }
  }

  mutating func jsonNumber() -> FuzzJSON {
    var digits = "\(next() >> UInt64(below(64)))" + (chance(10) ? "\(next())" : "")
    while digits.first == "0" { digits.removeFirst() }
    while digits.last == "0" { digits.removeLast() }
    return .number(
      isNegative: chance(40) && !digits.isEmpty, digits: digits, exponent: digits.isEmpty ? 0 : below(41) - 20)
  }

  /// One of the many ways to write a value.
  mutating func spelled(_ value: FuzzJSON) -> String {
    switch value {
    case .literal(let word): return word
    case .number(let isNegative, let digits, let exponent): return spelled(isNegative, digits, exponent)
    case .string(let scalars): return spelled(scalars)
    case .array(let values):
      let elements = values.map { space() + spelled($0) + space() }
      return "[" + (elements.isEmpty ? space() : elements.joined(separator: ",")) + "]"
    case .object(let members):
      let texts = members.shuffled(using: &self).map { member in
        space() + spelled(member.name) + space() + ":" + space() + spelled(member.value) + space()
      }
      return "{" + (texts.isEmpty ? space() : texts.joined(separator: ",")) + "}"
    }
  }

  mutating func space() -> String { chance(70) ? "" : some(upTo: 3) { $0.pick([" ", "\t", "\n", "\r"]) }.joined() }

  private mutating func spelled(_ isNegative: Bool, _ digits: String, _ exponent: Int) -> String {
    let sign = isNegative || digits.isEmpty && chance(30) ? "-" : ""
    let zeros = count(upTo: 5)
    var text = digits + String(repeating: "0", count: digits.isEmpty ? 0 : zeros)
    var exponent = exponent - zeros
    let places = chance(50) ? 0 : count(upTo: 8)
    text = String(repeating: "0", count: max(0, places + 1 - text.count)) + text
    if places > 0 { text = text.dropLast(places) + "." + text.suffix(places) }
    exponent += places
    // Zero is zero whatever its exponent.
    if digits.isEmpty { exponent = chance(50) ? 0 : below(99) - 50 }
    if exponent == 0, chance(70) { return sign + text }
    let plus = exponent < 0 ? "-" : pick(["", "+"])
    return sign + text + pick(["e", "E"]) + plus + pick(["", "0", "00000000000000000000"]) + "\(exponent.magnitude)"
  }

  private mutating func spelled(_ scalars: [Unicode.Scalar]) -> String {
    var text = "\""
    for scalar in scalars {
      let letter = ["\u{8}": "b", "\t": "t", "\n": "n", "\u{C}": "f", "\r": "r", "/": "/", "\"": "\"", "\\": "\\"][
        scalar]
      let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      if !mustEscape, chance(70) {
        text.unicodeScalars.append(scalar)
      } else if let letter, chance(50) {
        text += "\\" + letter
      } else {
        for unit in UTF16.encode(scalar)! {
          let digits = String(unit, radix: 16, uppercase: chance(50))
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
    return text + "\""
  }

  /// The value with one real change somewhere.
  mutating func changed(_ value: FuzzJSON) -> FuzzJSON {
    switch value {
    case .array(var values) where !values.isEmpty && chance(80):
      let place = below(values.count)
      switch below(4) {
      case 0: values.remove(at: place)
      case 1: values.append(.literal("null"))
      default: values[place] = changed(values[place])
      }
      return .array(values)
    case .object(var members) where !members.isEmpty && chance(80):
      let place = below(members.count)
      switch below(4) {
      case 0: members.remove(at: place)
      case 1: members[place].name.append("\u{2060}")
      default: members[place].value = changed(members[place].value)
      }
      return .object(members)
    case .number(let isNegative, let digits, let exponent) where !digits.isEmpty:
      switch below(3) {
      case 0: return .number(isNegative: !isNegative, digits: digits, exponent: exponent)
      case 1: return .number(isNegative: isNegative, digits: digits, exponent: exponent + pick([-1, 1]))
      default: return .number(isNegative: isNegative, digits: digits + "1", exponent: exponent)
      }
    case .string(let scalars): return .string(scalars + [pick(["x", "\0", "\u{301}", "\\"])])
    case .literal(let word): return word == "null" ? .literal("false") : .literal("null")
    default: return .string([])
    }
  }
}
