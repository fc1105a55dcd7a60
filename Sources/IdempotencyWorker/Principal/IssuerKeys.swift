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

  /// A token names a key that is not here: whether the keys were fetched again for it.
  func isRefreshedForUnknownKey() async -> Bool {
    switch self {
    case .file: false
    case .address(let remote): await remote.isRefreshedForUnknownKey()
    }
  }
}
