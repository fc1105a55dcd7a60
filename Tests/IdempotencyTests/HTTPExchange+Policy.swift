@testable import Idempotency

extension HTTPExchange {
  /// The exchange of a request that a policy guards alone.
  init(policy: IdempotencyPolicy, fingerprint: Fingerprint, token: OwnerToken, worker: String, wish: Duration? = nil) {
    do {
      self.init(
        policies: try PolicySet([policy]), policyIndex: 0, fingerprint: fingerprint, token: token, worker: worker,
        wish: wish)
    } catch {
      preconditionFailure("a test's policy is wrong: \(error)")
    }
  }
}
