/// Names one value in a JSON document (RFC 6901): `/a/b~1c/0`; the empty pointer is the whole document.
public struct JSONPointer: Sendable, CustomStringConvertible {
  /// The pointer as written.
  public let description: String
  /// The names and indices on the way, unescaped.
  let tokens: [Token]

  /// One step: a member's name, and the index of an element if it can be one.
  struct Token: Sendable, Hashable {
    let name: [UInt8]
    let index: Int?
  }

  /// Reads a pointer in its string form.
  ///
  /// - Parameter text: Empty, or `/` and a name for each step; `~0` is `~`, `~1` is `/`. The `-` of section 4, the
  ///   element after the last, is allowed and hits nothing in an array.
  /// - Throws: ``JSONPointerError`` when the text is no pointer.
  public init(_ text: String) throws(JSONPointerError) {
    description = text
    guard let first = text.utf8.first else {
      tokens = []
      return
    }
    guard first == UInt8(ascii: "/") else { throw .noLeadingSlash }
    var tokens: [Token] = []
    for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      tokens.append(Token(name: try Self.unescaped(part)))
    }
    self.tokens = tokens
  }

  private static func unescaped(_ part: Substring.UTF8View) throws(JSONPointerError) -> [UInt8] {
    var name: [UInt8] = []
    var bytes = part.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "~") else {
        name.append(byte)
        continue
      }
      switch bytes.next() {
      case UInt8(ascii: "0"): name.append(UInt8(ascii: "~"))
      case UInt8(ascii: "1"): name.append(UInt8(ascii: "/"))
      default: throw .badEscape
      }
    }
    return name
  }
}

extension JSONPointer.Token {
  init(name: [UInt8]) {
    self.name = name
    // RFC 6901 section 4: no leading zeros. Nine digits reach beyond any body that is held in memory.
    let isIndex =
      !name.isEmpty && name.count <= 9 && name.allSatisfy { (0x30...0x39).contains($0) }
      && (name.count == 1 || name[0] != 0x30)
    index = isIndex ? name.reduce(0) { $0 * 10 + Int($1 - 0x30) } : nil
  }
}

extension JSONPointer: Hashable {
  /// Whether both pointers take the same steps, byte for byte.
  public static func == (left: JSONPointer, right: JSONPointer) -> Bool {
    left.tokens == right.tokens
  }

  /// Feeds the steps.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(tokens)
  }
}
