/// Under what name a record stands: keyspace, scope and client key, none of which can hold a separator (rule F8).
///
/// Every key that can be made can be read again from its ``description``, and no two that differ in a part share one.
public struct RecordKey: Sendable, Hashable, LosslessStringConvertible {
  /// `{keyspace}:{scope}:{client key}`; a store puts its own prefix before it.
  public let description: String

  /// The longest client key in bytes: each of ``IdempotencyKey/maximumByteCount`` bytes percent-encoded.
  public static let maximumClientKeyByteCount = 3 * IdempotencyKey.maximumByteCount

  /// Makes the key of a record from its parts, as they stand in a record's name.
  ///
  /// - Parameters:
  ///   - keyspace: The policy's keyspace, of the alphabet `[A-Za-z0-9._-]{1,64}`.
  ///   - scope: 32 lower-case hexadecimal digits, or `-` for the empty scope.
  ///   - clientKey: The client's key as ``IdempotencyKey/escaped`` writes it, 1 to ``maximumClientKeyByteCount`` bytes:
  ///     `[A-Za-z0-9._~-]`, and `%XX` in upper case for every other byte and for no other.
  /// - Throws: ``RecordKeyError`` for the first part that breaks its rule; nothing has been done.
  public init(keyspace: String, scope: String, clientKey: String) throws(RecordKeyError) {
    guard Self.isName(keyspace) else { throw .keyspace }
    guard Self.isScope(scope.utf8) else { throw .scope }
    guard Self.isEscaped(clientKey.utf8) else { throw .clientKey }
    self.init(unchecked: keyspace, scope: scope, clientKey: clientKey)
  }

  /// Makes the key of a record whose client key is still as the client sent it.
  ///
  /// - Parameters:
  ///   - keyspace: The policy's keyspace, of the alphabet `[A-Za-z0-9._-]{1,64}`.
  ///   - scope: Whose keys these are; one scope for all by default.
  ///   - key: The client's key.
  /// - Throws: ``RecordKeyError/keyspace`` when the keyspace is outside its alphabet; nothing has been done.
  public init(keyspace: String, scope: Scope = .empty, key: IdempotencyKey) throws(RecordKeyError) {
    guard Self.isName(keyspace) else { throw .keyspace }
    self.init(validKeyspace: keyspace, scope: scope, key: key)
  }

  /// Makes the key of a record without a look at the keyspace.
  ///
  /// For every guarded request: its policy's keyspace was validated when the set of policies was made, a ``Scope`` and an
  /// ``IdempotencyKey`` cannot be made wrong.
  init(validKeyspace keyspace: String, scope: Scope, key: IdempotencyKey) {
    self.init(unchecked: keyspace, scope: scope.text, clientKey: key.escaped)
  }

  /// The key that `description` writes.
  ///
  /// Nil for every text that is no other key's ``description``: it accepts exactly what can be made of parts.
  public init?(_ description: String) {
    let parts = description.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 3, Self.isName(parts[0]), Self.isScope(parts[1]), Self.isEscaped(parts[2]) else { return nil }
    self.description = description
  }

  /// Makes the key of a record from parts that keep their rules already: validated before, or literals of a program.
  ///
  /// Release builds do not look at them, because every guarded request makes a key.
  package init(unchecked keyspace: String, scope: String, clientKey: String) {
    assert(Self.isName(keyspace) && Self.isScope(scope.utf8) && Self.isEscaped(clientKey.utf8), "no record's name")
    // Not by interpolation, which grows the text several times: every guarded request makes one.
    var name = ""
    name.reserveCapacity(keyspace.utf8.count + scope.utf8.count + clientKey.utf8.count + 2)
    for part in [keyspace, ":", scope, ":", clientKey] { name += part }
    description = name
  }

  /// The key whose ``description`` was written down in this process: it is not checked again.
  package init(written description: String) {
    self.description = description
  }

  /// Whether a text may be a keyspace or a store's prefix: `[A-Za-z0-9._-]{1,64}`, so that no key is ambiguous.
  public static func isName(_ text: String) -> Bool { isName(text.utf8) }

  private static func isName<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bool {
    (1...64).contains(bytes.count)
      && bytes.allSatisfy { PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
  }

  /// `-`, or 32 lower-case hexadecimal digits.
  private static func isScope<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bool {
    if bytes.count == 1 { return bytes.first == UInt8(ascii: "-") }
    return bytes.count == 2 * Hexadecimal.digitCount
      && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// What ``PercentEncoding/encode(_:)`` writes: a byte has one spelling only, or one key would have two names.
  private static func isEscaped<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bool {
    guard (1...maximumClientKeyByteCount).contains(bytes.count) else { return false }
    var index = bytes.startIndex
    while index != bytes.endIndex {
      if PercentEncoding.isUnreserved(bytes[index]) {
        bytes.formIndex(after: &index)
        continue
      }
      guard let byte = PercentEncoding.octet(in: bytes, at: index), !PercentEncoding.isUnreserved(byte) else {
        return false
      }
      bytes.formIndex(after: &index)
      let end = bytes.index(index, offsetBy: 2)
      guard !bytes[index..<end].contains(where: { (0x61...0x66).contains($0) }) else { return false }
      index = end
    }
    return true
  }
}

/// Which part of a record's name breaks its rule.
public enum RecordKeyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The keyspace is outside its alphabet, or longer than 64 bytes.
  case keyspace
  /// The scope is neither `-` nor 32 lower-case hexadecimal digits.
  case scope
  /// The client key is empty, too long, or not percent-encoded as ``IdempotencyKey/escaped`` writes it.
  case clientKey

  /// What was expected, and never the part itself.
  public var description: String {
    switch self {
    case .keyspace: "a keyspace must be 1 to 64 of A-Z a-z 0-9 . _ -"
    case .scope: "a scope must be - or 32 lower-case hexadecimal digits"
    case .clientKey:
      "a client key must be 1 to \(RecordKey.maximumClientKeyByteCount) bytes, every byte but A-Z a-z 0-9 . _ ~ - as %XX"
    }
  }
}
