/// Under what name a record stands: keyspace, scope and client key, none of which can hold a separator.
public struct RecordKey: Sendable, Hashable, CustomStringConvertible {
  /// `{keyspace}:{scope}:{client key}`; a store puts its own prefix before it.
  public let description: String

  /// Makes the key of a record.
  /// - Parameters:
  ///   - keyspace: The policy's keyspace, of the alphabet `[A-Za-z0-9._-]{1,64}`.
  ///   - scope: 32 hexadecimal digits, or `-` for the empty scope.
  ///   - clientKey: The client's key with every byte outside `[A-Za-z0-9._~-]` percent-encoded.
  public init(keyspace: String, scope: String, clientKey: String) {
    description = "\(keyspace):\(scope):\(clientKey)"
  }
}
