/// A JSON value with its canonical form told naively: as a tree, with nothing but sorting and joining.
indirect enum FuzzJSON: Equatable {
  case literal(String)
  /// Digits without zeros at either end, none at all for zero, times ten to the exponent.
  case number(isNegative: Bool, digits: String, exponent: Int)
  case string([Unicode.Scalar])
  case array([FuzzJSON])
  /// No two members have one name.
  case object([Member])

  struct Member: Equatable {
    var name: [Unicode.Scalar]
    var value: FuzzJSON
  }

  var canonical: String {
    switch self {
    case .literal(let word): word
    case .number(let isNegative, let digits, let exponent):
      digits.isEmpty ? "0" : (isNegative ? "-" : "") + digits + (exponent == 0 ? "" : "e\(exponent)")
    case .string(let scalars): Self.quoted(scalars)
    case .array(let values): "[" + values.map(\.canonical).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.nameBytes.lexicographicallyPrecedes($1.nameBytes) }
        .map { Self.quoted($0.name) + ":" + $0.value.canonical }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ scalars: [Unicode.Scalar]) -> String {
    let escaped = scalars.map { scalar in
      if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
      guard scalar.value < 0x20 else { return String(scalar) }
      return "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    }
    return "\"" + escaped.joined() + "\""
  }

  /// What stands at a pointer's steps, nil where nothing does (RFC 6901 section 4).
  func value(at steps: [[UInt8]]) -> FuzzJSON? {
    guard let step = steps.first else { return self }
    let rest = Array(steps.dropFirst())
    switch self {
    case .object(let members): return members.first { $0.nameBytes == step }?.value.value(at: rest)
    case .array(let values):
      return values.indices.first { Array("\($0)".utf8) == step }.flatMap { values[$0].value(at: rest) }
    case .literal, .number, .string: return nil
    }
  }

  /// The value without what stands at any of these pointers; indices are those of the value as it came.
  func removing(_ pointers: [[[UInt8]]], at place: [[UInt8]] = []) -> FuzzJSON {
    func isKept(_ step: [UInt8]) -> Bool { !pointers.contains(place + [step]) }
    switch self {
    case .object(let members):
      return .object(
        members.filter { isKept($0.nameBytes) }.map { member in
          Member(name: member.name, value: member.value.removing(pointers, at: place + [member.nameBytes]))
        })
    case .array(let values):
      let steps = values.indices.map { Array("\($0)".utf8) }
      return .array(
        values.indices.filter { isKept(steps[$0]) }.map { values[$0].removing(pointers, at: place + [steps[$0]]) })
    case .literal, .number, .string: return self
    }
  }
}

extension FuzzJSON.Member {
  var nameBytes: [UInt8] { name.flatMap { Array(String($0).utf8) } }
}
