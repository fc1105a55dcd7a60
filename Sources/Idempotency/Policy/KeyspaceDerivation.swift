internal import Crypto

/// How a keyspace derives its keys and fingerprints, as a digest that stands in `{prefix}:meta` (rule F11).
///
/// Two nodes with different digests for one keyspace would give one operation two records: the second is not ready.
public struct KeyspaceDerivation: Sendable, Hashable {
  /// The keyspace.
  public let keyspace: String
  /// The SHA-256 of the framed settings, 64 lower-case hexadecimal digits.
  public let digest: String

  /// Makes a derivation of its parts.
  public init(keyspace: String, digest: String) {
    self.keyspace = keyspace
    self.digest = digest
  }

  /// Digests what of a policy makes records' keys and fingerprints.
  init(_ policy: IdempotencyPolicy, principalFields: [String], pepper: Pepper) {
    var items = policy.derivationItems
    // A list is preceded by its length, so that no two settings share a frame.
    let fields = policy.needsPrincipal ? principalFields.map { $0.lowercased() } : []
    items += [String(fields.count)] + fields.map { $0 }
    items.append(pepper.id)
    self.init(
      keyspace: policy.keyspace,
      digest: SHA256.hash(data: Frame.bytes(of: ["meta/1"] + items)).map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined())
  }
}

extension IdempotencyPolicy {
  /// Whether both make the same record key and fingerprint of the same request.
  func derivesAlike(_ other: IdempotencyPolicy) -> Bool {
    derivationItems == other.derivationItems
  }

  /// All settings that decide what record key and fingerprint a request gets; a field's name that only says where the
  /// key is read from is none of them.
  var derivationItems: [String?] {
    var items: [String?] = keySource.derivationItems + [keyFormat.rawValue, String(scope.count)]
    for entry in scope {
      switch entry {
      case .principal: items.append("principal")
      case .path: items.append("path")
      case .authority: items.append("authority")
      case .header(let name): items += ["header", name.lowercased()]
      }
    }
    items += [fingerprint.bodyForm.rawValue, String(fingerprint.fields.count)]
    items += fingerprint.fields.map { $0.description }
    items.append(String(fingerprint.ignore.count))
    items += fingerprint.ignore.map { $0.description }
    items += [String(fingerprint.target), String(fingerprint.headers.count)]
    items += fingerprint.headers.map { $0 }
    items.append(String(isTrailingSlashSignificant))
    return items
  }
}

extension KeySource {
  fileprivate var derivationItems: [String?] {
    switch self {
    case .header: return ["header"]
    case .body(let pointer): return ["body", pointer.description]
    case .path(let parameter): return ["path", parameter]
    case .derive(let derivation):
      var items: [String?] = ["derive", String(derivation.sources.count)]
      for source in derivation.sources {
        switch source {
        case .principal: items.append("principal")
        case .pointer(let pointer): items += ["pointer", pointer.description]
        }
      }
      return items
    }
  }
}
