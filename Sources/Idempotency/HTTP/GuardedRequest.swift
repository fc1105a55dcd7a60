public import NIOCore

/// A request with a key that a policy guards; its body is still to come.
public struct GuardedRequest: Sendable {
  /// The policy that guards it.
  public let policy: IdempotencyPolicy
  /// The client's key.
  public let key: IdempotencyKey
  /// Under what name its record stands.
  public let recordKey: RecordKey
  private let head: HTTPRequestHead
  private let path: String
  private let authority: String?
  private let query: String?
  private let pepper: Pepper

  init(
    head: HTTPRequestHead, path: CanonicalPath, policy: IdempotencyPolicy, key: IdempotencyKey, principal: Principal,
    pepper: Pepper
  ) {
    self.policy = policy
    self.key = key
    self.head = head
    self.path = path.text(trailingSlashCounts: policy.isTrailingSlashSignificant)
    self.authority = path.authority ?? head.authority
    self.query = path.query
    self.pepper = pepper
    var entries: [(name: String, value: String?)] = []
    for entry in policy.scope {
      switch entry {
      case .principal: entries += principal.fields.map { ($0.name, $0.value) }
      case .path: entries.append(("path", self.path))
      case .authority:
        entries.append(
          ("authority", authority.map { CanonicalPath.canonicalAuthority($0, scheme: head.scheme) }))
      case .header(let name): entries.append((name.lowercased(), head.field(name.lowercased())))
      }
    }
    let scope = Scope(entries: entries, pepper: pepper)
    recordKey = RecordKey(keyspace: policy.keyspace, scope: scope, key: key)
  }

  /// Makes the exchange of this request, now that its whole body is here.
  /// - Parameters:
  ///   - body: The whole body.
  ///   - worker: This node's name in records.
  /// - Returns: The exchange, or the answer to a body that cannot be fingerprinted (rule F4).
  public func exchange(body: ByteBuffer, worker: String) -> Result<HTTPExchange, Refusal> {
    let input = FingerprintInput(
      method: head.method, authority: authority, scheme: head.scheme, canonicalPath: path, query: query,
      headerValues: policy.fingerprint.headers.map { ($0, head.field($0)) }, body: body)
    do {
      let fingerprint = try Fingerprint.of(input, settings: policy.fingerprint, pepper: pepper)
      return .success(HTTPExchange(policy: policy, fingerprint: fingerprint, token: .random(), worker: worker))
    } catch {
      return .failure(Refusal(answer: ProblemDocument(.requestMalformed, detail: "\(error)").httpAnswer()))
    }
  }

  /// The answer to a request that cannot be guarded as it is.
  ///
  /// The key is not consumed.
  public struct Refusal: Error, Sendable {
    /// What the caller is told.
    public let answer: HTTPAnswer
  }
}
