/// What a field's name and value may be (RFC 9110 section 5), for messages, records and configurations alike.
package enum FieldGrammar {
  /// `tchar`: what names and methods are made of, the letters, the digits, and !#$%&'*+-.^_`|~.
  ///
  /// A bit for each, because every byte of every name is looked at.
  @inlinable
  package static func isToken(_ byte: UInt8) -> Bool {
    let (low, high): (UInt64, UInt64) = (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    if byte < 64 { return low & (1 << UInt64(byte)) != 0 }
    return byte < 128 && high & (1 << UInt64(byte - 64)) != 0
  }

  /// Whether a text is a token (RFC 9110 section 5.6.2), as a field's name must be.
  package static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { isToken($0) } }

  /// Whether a byte is optional white space (RFC 9110 section 5.6.3).
  static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// Whether a value can be written into a message as it is: of one line, each scalar a byte.
  ///
  /// CR or LF would end the field, and begin another or a body.
  static func isOneLine(_ value: String) -> Bool {
    // C3 begins the UTF-8 of the last scalar that is a byte, U+00FF.
    value.utf8.allSatisfy { ($0 >= 0x20 || $0 == UInt8(ascii: "\t")) && $0 != 0x7F && $0 <= 0xC3 }
  }
}

extension Substring {
  /// Without the optional white space around a value or a list's member (RFC 9110 section 5.6.3).
  package var trimmed: Substring {
    let bytes = utf8
    guard let start = bytes.firstIndex(where: { !FieldGrammar.isBlank($0) }),
      let last = bytes.lastIndex(where: { !FieldGrammar.isBlank($0) })
    else { return self[endIndex...] }
    return self[start...last]
  }
}
