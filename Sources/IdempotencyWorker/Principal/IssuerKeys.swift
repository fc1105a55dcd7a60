/// Where the keys of an issuer come from.
enum IssuerKeys: Sendable {
  /// They were read from a file, and stay what they are until a reload.
  case file(KeySet)
  /// They are fetched again and again.
  case address(RemoteKeySet)

  /// The keys in force, and the number of their generation; nil where none were fetched yet.
  var current: (keys: KeySet, generation: Int)? {
    switch self {
    case .file(let keys): (keys, 0)
    case .address(let remote): remote.current
    }
  }

  /// Counts up when other keys take force.
  var generation: Int {
    switch self {
    case .file: 0
    case .address(let remote): remote.generation
    }
  }

  /// No key of a generation has signed a token: looks for others.
  func renew(_ generation: Int) async -> RemoteKeySet.Renewal {
    switch self {
    case .file: .recent
    case .address(let remote): await remote.renew(generation)
    }
  }
}
