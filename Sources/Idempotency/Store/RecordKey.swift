/// Under what name a record stands: keyspace, scope and client key, none of which can hold a separator.
public struct RecordKey: Sendable, Hashable, LosslessStringConvertible {
  /// `{keyspace}:{scope}:{client key}`; a store puts its own prefix before it.
  public let description: String

  /// Makes the key of a record.
  /// - Parameters:
  ///   - keyspace: The policy's keyspace, of the alphabet `[A-Za-z0-9._-]{1,64}`.
  ///   - scope: 32 hexadecimal digits, or `-` for the empty scope.
  ///   - clientKey: The client's key with every byte outside `[A-Za-z0-9._~-]` percent-encoded.
  public init(keyspace: String, scope: String, clientKey: String) {
    // Not by interpolation, which grows the text several times: every guarded request makes one.
    var name = ""
    name.reserveCapacity(keyspace.utf8.count + scope.utf8.count + clientKey.utf8.count + 2)
    for part in [keyspace, ":", scope, ":", clientKey] { name += part }
    description = name
  }

  /// Makes the key of a record whose client key is still as the client sent it.
  ///
  /// - Parameters:
  ///   - keyspace: The policy's keyspace, of the alphabet `[A-Za-z0-9._-]{1,64}`.
  ///   - scope: Whose keys these are; one scope for all by default.
  ///   - key: The client's key.
  public init(keyspace: String, scope: Scope = .empty, key: IdempotencyKey) {
    self.init(keyspace: keyspace, scope: scope.text, clientKey: key.escaped)
  }

  /// The key that `description` writes; nil unless it has a keyspace, a scope and a client key.
  public init?(_ description: String) {
    let parts = description.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 3, Self.isName(String(Substring(parts[0]))), !parts[1].isEmpty, !parts[2].isEmpty else {
      return nil
    }
    self.description = description
  }

  /// Whether a text may be a keyspace or a store's prefix: `[A-Za-z0-9._-]{1,64}`, so that no key is ambiguous.
  public static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
