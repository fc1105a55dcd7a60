/// Why the store cannot be used with this Redis, and what to change.
public struct RedisStoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  ///
  /// The set is open: later versions may add to it.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Name: String {
      case unsupportedVersion, evicts, notPrimary, loading, infoRefused, notReady, derivesOtherwise, claimRefused
    }

    private let name: Name

    /// The server is too old.
    public static let unsupportedVersion = Code(name: .unsupportedVersion)
    /// The server evicts keys when it is full.
    public static let evicts = Code(name: .evicts)
    /// The server is a replica.
    public static let notPrimary = Code(name: .notPrimary)
    /// The server is loading its data set; this passes by itself.
    public static let loading = Code(name: .loading)
    /// The server does not say what it is.
    public static let infoRefused = Code(name: .infoRefused)
    /// The store did not become ready in time.
    public static let notReady = Code(name: .notReady)

    /// A keyspace is in use with keys or fingerprints that are derived otherwise: it needs another name.
    public static let derivesOtherwise = Code(name: .derivesOtherwise)
    /// The server refuses to say, or to keep, how keyspaces derive.
    public static let claimRefused = Code(name: .claimRefused)

    /// The code's name, such as `evicts`.
    public var description: String { name.rawValue }
  }

  /// What is wrong, for a program to act on.
  public let code: Code
  /// What is wrong and what to change, for the operator.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
