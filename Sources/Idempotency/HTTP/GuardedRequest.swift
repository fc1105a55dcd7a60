public import NIOCore

/// A request that a policy guards, or may turn out to guard; its body is still to come.
public struct GuardedRequest: Sendable {
  /// The place of the policy that guards it, in the set of policies.
  public let policyIndex: Int
  /// How its key is found.
  let key: Key
  let head: HTTPRequestHead
  let path: String
  let authority: Authority?
  let query: String?
  /// Who is calling; ``Principal/shared`` where the policy does not ask.
  package let caller: Caller
  let policies: PolicySet

  /// Where the key stands.
  enum Key: Sendable {
    case known(IdempotencyKey)
    case inBody(BodyKeyReader)
    case derived(KeyDerivation)
  }

  init(
    head: HTTPRequestHead, path: CanonicalPath, authority: Authority?, policies: PolicySet, policyIndex: Int, key: Key,
    caller: Caller
  ) {
    self.policyIndex = policyIndex
    self.key = key
    self.head = head
    self.path = path.text(trailingSlashCounts: policies.policies[policyIndex].isTrailingSlashSignificant)
    self.authority = authority
    self.query = path.query
    self.caller = caller
    self.policies = policies
  }

  /// The policy that guards it.
  public var policy: IdempotencyPolicy { policies.policies[policyIndex] }

  /// The policy's limits.
  public var limits: IdempotencyPolicy.Limits { policies.policies[policyIndex].limits }

  /// Whether the request has a key for certain.
  ///
  /// Otherwise its key stands in its body or is made of it: the body is read first, and may show that there is none.
  public var hasKey: Bool {
    if case .known = key { true } else { false }
  }

  /// What is to be done with a request whose whole body is known.
  public enum Decision: Sendable {
    /// Guarded: run this exchange about the record of this name.
    case exchange(HTTPExchange, RecordKey)
    /// Answered by this layer; neither store nor origin is touched.
    case answer(HTTPAnswer)
    /// It has no key and needs none: forward it as it is, and add no field of this layer to its answer (rule A3).
    case pass
  }

  /// Decides what is to be done, now that the whole body is here.
  ///
  /// - Parameters:
  ///   - body: The whole body.
  ///   - worker: This node's name in records.
  /// - Returns: The exchange to run, or why there is none.
  public func exchange(body: ByteBuffer, worker: String) -> Decision {
    if body.readableBytes > policy.limits.requestBody { return .answer(policies.tooLarge(policy)) }
    let found: IdempotencyKey?
    do {
      found = try key(in: body)
    } catch {
      return .answer(Self.answer(error, source: policy.keySource))
    }
    guard let found else {
      return policy.isKeyRequired ? .answer(policies.keyMissing(policy)) : .pass
    }
    let principal: Principal
    switch caller {
    case .known(let known): principal = known
    case .unknown(let reason): return .answer(policies.unidentified(reason))
    }
    do throws(JSONError) {
      let exchange = HTTPExchange(
        policies: policies, policyIndex: policyIndex, fingerprint: try fingerprint(of: body), token: .random(),
        worker: worker,
        wish: Prefer.wait(head.lines("prefer")))
      return .exchange(exchange, RecordKey(validKeyspace: policy.keyspace, scope: scope(of: principal), key: found))
    } catch {
      return .answer(ProblemDocument(.requestMalformed, detail: error.description).httpAnswer())
    }
  }
}
