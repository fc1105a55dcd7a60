/// Reads JSON from bytes in one pass, as much as a record's line needs.
///
/// By hand, because Foundation's decoder would cost more than the rest of a replay, and sees no bytes in place.
struct JSONScanner {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// Arrays and objects inside each other that a skipped value may hold; a record's own have two.
  static let maximumDepth = 32

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The next byte that is no white space, not consumed; nil at the end.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      case let byte: return byte
      }
    }
    return nil
  }

  /// Consumes `byte`, after white space.
  mutating func expect(_ byte: UInt8) throws(RecordError) {
    guard peek() == byte else { throw .unreadable }
    position += 1
  }

  /// Consumes `byte`, after white space, if it comes next.
  mutating func consume(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  /// Consumes `null` if it comes next.
  mutating func null() throws(RecordError) -> Bool {
    guard peek() == UInt8(ascii: "n") else { return false }
    try word("null")
    return true
  }

  /// Nothing but white space may follow.
  mutating func end() throws(RecordError) {
    guard peek() == nil else { throw .unreadable }
  }

  /// Reads an object; `member` must consume each value.
  mutating func members(
    _ member: (String, inout JSONScanner) throws(RecordError) -> Void
  ) throws(RecordError) {
    try expect(UInt8(ascii: "{"))
    if consume(UInt8(ascii: "}")) { return }
    repeat {
      let name = try string()
      try expect(UInt8(ascii: ":"))
      try member(name, &self)
    } while consume(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
  }

  /// Reads an array; `element` must consume each value.
  mutating func elements(_ element: (inout JSONScanner) throws(RecordError) -> Void) throws(RecordError) {
    try expect(UInt8(ascii: "["))
    if consume(UInt8(ascii: "]")) { return }
    repeat { try element(&self) } while consume(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
  }

  /// Consumes a literal word.
  mutating func word(_ text: StaticString) throws(RecordError) {
    for index in 0..<text.utf8CodeUnitCount {
      guard position < bytes.count, bytes[position] == text.utf8Start[index] else { throw .unreadable }
      position += 1
    }
  }
}
