import RawStructuredFieldValues

/// Reads the `Idempotency-Key` field: the structured string of the draft, or the bare form that vendors send.
///
/// Source: draft-ietf-httpapi-idempotency-key-header-07 section 2.1, RFC 9651 section 4.2, CONFORMANCE K1 to K12.
public struct KeyParser: Sendable, Hashable {
  /// What a key must look like (CONFORMANCE K12).
  public let format: KeyFormat
  /// Whether only the quoted form is accepted, as the draft has it (CONFORMANCE K4).
  public let strict: Bool

  /// Makes a parser.
  /// - Parameters:
  ///   - format: What a key must look like.
  ///   - strict: Whether only the quoted form is accepted.
  public init(format: KeyFormat = .any, strict: Bool = false) {
    self.format = format
    self.strict = strict
  }

  /// Reads the key of a request.
  ///
  /// - Parameter fieldLines: The values of all field lines with the key's name, in order; names compare in any case.
  /// - Returns: The key, nil when there is no field line at all.
  /// - Throws: ``KeyError`` when the field is there but is not exactly one valid key. Several lines are an error even
  ///   when they are equal: an intermediary may have joined what two parties added (CONFORMANCE K6).
  public func parse(fieldLines: [String]) throws(KeyError) -> IdempotencyKey? {
    guard let line = fieldLines.first else { return nil }
    guard fieldLines.count == 1 else { throw .severalLines }
    let value = line[...].trimmed
    guard let first = value.utf8.first else { throw .empty }
    if first == UInt8(ascii: "\"") {
      return try IdempotencyKey(quoted(value), format: format)
    }
    return try IdempotencyKey(bare(value), format: format)
  }

  /// The string of a value that begins with a quote; parameters are ignored (CONFORMANCE K2, K3).
  private func quoted(_ value: Substring) throws(KeyError) -> String {
    if let plain = Self.plain(value) { return String(plain) }
    var parser = StructuredFieldValueParser(Array(value.utf8))
    let members: [ItemOrInnerList]
    // Parsed as a list, so that two keys are told apart from a broken one. An Item is a list of one.
    do { members = try parser.parseListFieldValue() } catch { throw .badString }
    guard members.count == 1 else { throw .severalMembers }
    guard case .item(let item) = members[0], case .string(let text) = item.rfc9651BareItem else { throw .badString }
    return text
  }

  /// What stands between the quotes of a string without escapes or parameters, as nearly every client sends it.
  ///
  /// By hand: the parser takes twenty times as long for it. Whatever else a value may be is the parser's to say.
  private static func plain(_ value: Substring) -> Substring? {
    let bytes = value.utf8
    guard bytes.count >= 2, bytes.last == UInt8(ascii: "\"") else { return nil }
    let inner = bytes.dropFirst().dropLast()
    let isPlain = inner.allSatisfy { byte in
      (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
    return isPlain ? Substring(inner) : nil
  }

  /// A value without quotes is the key itself, whatever structured type it may look like (CONFORMANCE K5).
  private func bare(_ value: Substring) throws(KeyError) -> String {
    var hasComma = false
    for byte in value.utf8 {
      guard (0x20...0x7E).contains(byte) else { throw .badBytes }
      hasComma = hasComma || byte == UInt8(ascii: ",")
    }
    if hasComma { throw .comma }
    if strict { throw .notQuoted }
    return String(value)
  }
}
