/// The name a client gives to one operation, decoded and, when its format has one, in canonical spelling.
///
/// Two keys are equal when their bytes are: no Unicode normalisation, which Swift's own string comparison would do.
public struct IdempotencyKey: Sendable, CustomStringConvertible {
  /// The key after decoding: 1 to 255 bytes of UTF-8, UUID formats in lower case (CONFORMANCE K8, K10).
  public let text: String

  /// The longest key in bytes after decoding (CONFORMANCE K8); the limit that the large vendors publish.
  public static let maximumByteCount = 255

  /// Makes a key of a plain text: a path parameter, a JSON string, the id of a message.
  ///
  /// Unlike a field's value the text may hold any characters, because ``escaped`` makes them harmless.
  /// - Parameters:
  ///   - text: The key, 1 to 255 bytes of UTF-8, not all blanks.
  ///   - format: What the key must look like.
  /// - Throws: ``KeyError`` when the text breaks a rule; nothing has been done.
  public init(_ text: String, format: KeyFormat = .any) throws(KeyError) {
    guard text.utf8.contains(where: { !FieldGrammar.isBlank($0) }) else { throw .empty }
    guard text.utf8.count <= Self.maximumByteCount else { throw .tooLong }
    guard let canonical = format.canonical(text) else { throw .wrongFormat(format) }
    self.text = canonical
  }

  /// The key as it stands in a record's name: every byte outside `[A-Za-z0-9._~-]` percent-encoded in upper case.
  ///
  /// No two keys share it, and it holds no separator (CONFORMANCE F8).
  public var escaped: String { PercentEncoding.encode(text) }

  /// The same as ``escaped``, so that a log line can hold it.
  public var description: String { escaped }
}

extension IdempotencyKey: Hashable {
  /// Whether both keys have the same bytes.
  public static func == (left: IdempotencyKey, right: IdempotencyKey) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// Feeds the key's bytes.
  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
