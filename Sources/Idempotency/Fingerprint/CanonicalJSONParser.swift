/// Reads a JSON text and writes its canonical form in the same pass; no tree is built.
///
/// Memory is bounded by a small multiple of the input: canonical text is at most six times as long.
struct CanonicalJSONParser {
  /// One member of an object that is being read; ranges are in ``names`` and ``output``.
  struct Member {
    let name: Range<Int>
    let value: Range<Int>
    /// Where its name stands in the input.
    let offset: Int
    let isIgnored: Bool
  }

  let input: [UInt8]
  let selection: JSONSelection
  var position = 0
  /// The canonical text so far; of an object that is being read, the values of its members one after the other.
  var output: [UInt8] = []
  /// The last string that was read, unescaped.
  var text: [UInt8] = []
  /// Unescaped names and members of all objects that are being read, the innermost last.
  var names: [UInt8] = []
  var members: [Member] = []
  /// What was found at each of the selection's fields.
  private(set) var captured: [[UInt8]?]
  /// Scratch space for putting members in order.
  var spare: [UInt8] = []

  init(input: [UInt8], selection: JSONSelection = .everything) {
    self.input = input
    self.selection = selection
    captured = Array(repeating: nil, count: selection.fields.count)
    output.reserveCapacity(input.count)
  }

  /// Reads the whole input; afterwards ``output`` and ``captured`` hold the result.
  mutating func parseDocument() throws(JSONError) {
    skipWhiteSpace()
    let isIgnored = selection.nodes[0].isIgnored
    try parseValue(depth: 0, node: isIgnored ? nil : 0)
    if isIgnored { output = [] }
    skipWhiteSpace()
    guard position == input.count else { throw failure(.syntax) }
  }

  /// Reads one value; `node` is its place in the selection, if a pointer leads there.
  mutating func parseValue(depth: Int, node: Int?) throws(JSONError) {
    let start = output.count
    switch peek() {
    case UInt8(ascii: "{"): try parseObject(depth: depth, node: node)
    case UInt8(ascii: "["): try parseArray(depth: depth, node: node)
    case UInt8(ascii: "\""):
      try parseString()
      writeString(text[...])
    case UInt8(ascii: "-"), 0x30...0x39: try parseNumber()
    case UInt8(ascii: "t"): try parseLiteral("true")
    case UInt8(ascii: "f"): try parseLiteral("false")
    case UInt8(ascii: "n"): try parseLiteral("null")
    default: throw failure(.syntax)
    }
    guard let node else { return }
    for field in selection.nodes[node].fields { captured[field] = Array(output[start...]) }
  }

  private mutating func parseLiteral(_ literal: StaticString) throws(JSONError) {
    let start = position
    for index in 0..<literal.utf8CodeUnitCount {
      guard peek() == literal.utf8Start[index] else { throw failure(.syntax) }
      position += 1
    }
    output.append(contentsOf: input[start..<position])
  }

  /// The next byte; 0, which no JSON text holds outside a string and no string inside, at the end.
  func peek() -> UInt8 {
    position < input.count ? input[position] : 0
  }

  mutating func skipWhiteSpace() {
    while position < input.count {
      switch input[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  func failure(_ reason: JSONError.Reason) -> JSONError {
    JSONError(reason: reason, offset: position)
  }
}
