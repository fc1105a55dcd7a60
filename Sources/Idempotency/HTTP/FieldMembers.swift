/// The members of a field's value, cut where a separator stands outside quotes; a backslash in quotes escapes what follows
/// (RFC 9110 section 5.6.4).
///
/// Empty members and the blanks around members are given as they are. By hand: `Prefer` and `Cache-Control` are no
/// structured fields. It allocates nothing.
package struct FieldMembers: Sequence, IteratorProtocol {
  private let separator: UInt8
  /// What was not given yet; nil behind the last member.
  private var rest: Substring?

  /// Cuts a value.
  package init(_ value: Substring, separator: UInt8 = UInt8(ascii: ",")) {
    self.separator = separator
    rest = value
  }

  package mutating func next() -> Substring? {
    guard let text = rest else { return nil }
    var (isQuoted, isEscaped) = (false, false)
    let end = text.utf8.firstIndex { byte in
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else {
        return byte == separator && !isQuoted
      }
      return false
    }
    rest = end.map { text[text.utf8.index(after: $0)...] }
    return text[..<(end ?? text.endIndex)]
  }
}
