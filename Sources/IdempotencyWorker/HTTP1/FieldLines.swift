import NIOCore

/// Where one field's name and value are in the bytes of its section.
struct FieldLine: Sendable, Hashable {
  /// What the field is, if this worker's own code asks for it.
  let known: KnownField
  /// Its name has a `_`: CGI and its kin read it as if it had a `-` there.
  let hasUnderscore: Bool
  fileprivate let nameStart: UInt32
  fileprivate let nameEnd: UInt32
  fileprivate let valueStart: UInt32
  fileprivate let valueEnd: UInt32

  init(_ known: KnownField, hasUnderscore: Bool, name: Range<Int>, value: Range<Int>) {
    self.known = known
    self.hasUnderscore = hasUnderscore
    nameStart = UInt32(name.lowerBound)
    nameEnd = UInt32(name.upperBound)
    valueStart = UInt32(value.lowerBound)
    valueEnd = UInt32(value.upperBound)
  }

  /// Relative to the section's first byte.
  var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
  /// Without the blanks around it; relative to the section's first byte.
  var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// The fields of a head or of a trailer section: the bytes as they came, and where each field is.
///
/// A text that is made of these bytes has one scalar for each byte, U+0000 to U+00FF, as records hold fields: what is no
/// UTF-8 is kept, and written as it came.
struct FieldLines: Sendable {
  /// The whole section: with a head its first line too, up to the empty line.
  let bytes: ByteBuffer
  let lines: [FieldLine]

  init(_ bytes: ByteBuffer, _ lines: [FieldLine]) {
    self.bytes = bytes
    self.lines = lines
  }

  /// A part of the section as text.
  func text(_ range: Range<Int>) -> String {
    bytes.withUnsafeReadableBytes { String(fieldBytes: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  func name(_ line: FieldLine) -> String { text(line.name) }

  func value(_ line: FieldLine) -> String { text(line.value) }

  /// Whether a part of the section is a word of small letters, digits and `-`, in whatever case.
  func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
    bytes.withUnsafeReadableBytes { KnownField.matches($0, range, word) }
  }

  /// The name that CGI and its kin take a field for: in lower case, with `-` for each `_`.
  func readName(_ line: FieldLine) -> String {
    String(name(line).lowercased().map { $0 == "_" ? "-" : $0 })
  }

  /// The values of every line of a name, which is given in lower case.
  func values(_ name: String) -> [String] {
    var values: [String] = []
    bytes.withUnsafeReadableBytes { bytes in
      for line in lines where Self.isNamed(bytes, line, name) {
        values.append(String(fieldBytes: UnsafeRawBufferPointer(rebasing: bytes[line.value])))
      }
    }
    return values
  }

  /// Whether a field's name is this one, which is given in lower case.
  func isNamed(_ line: FieldLine, _ name: String) -> Bool {
    bytes.withUnsafeReadableBytes { Self.isNamed($0, line, name) }
  }

  /// Whether a field's name is one of these, which are in lower case.
  func isNamed(_ line: FieldLine, oneOf names: [String]) -> Bool {
    !names.isEmpty && names.contains { isNamed(line, $0) }
  }

  private static func isNamed(_ bytes: UnsafeRawBufferPointer, _ line: FieldLine, _ name: String) -> Bool {
    guard line.name.count == name.utf8.count else { return false }
    var index = line.name.lowerBound
    for byte in name.utf8 {
      let own = bytes[index]
      guard own == byte || own | 0x20 == byte && own &- 0x41 < 26 else { return false }
      index += 1
    }
    return true
  }

  /// The first line of a known field.
  func first(_ known: KnownField) -> FieldLine? { lines.first { $0.known == known } }
}

extension String {
  /// A text of which each scalar is one of the bytes.
  init(fieldBytes bytes: UnsafeRawBufferPointer) {
    if bytes.allSatisfy({ $0 < 0x80 }) {
      self.init(decoding: bytes, as: UTF8.self)
    } else {
      self.init()
      for byte in bytes { unicodeScalars.append(Unicode.Scalar(byte)) }
    }
  }
}
