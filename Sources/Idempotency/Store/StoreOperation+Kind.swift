extension StoreOperation {
  /// Which command an operation is.
  ///
  /// An exchange has at most one of each kind on its way.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// ``StoreOperation/reserve(record:ttl:)``
    case reserve
    /// ``StoreOperation/read``
    case read
    /// ``StoreOperation/complete(token:ownDeadline:record:ttl:)``
    case complete
    /// ``StoreOperation/renew(token:deadline:record:ttl:)``
    case renew
    /// ``StoreOperation/release(token:expected:tainted:record:ttl:shortTTL:)``
    case release
    /// ``StoreOperation/markUncertain(token:record:ttl:)``
    case markUncertain
    /// ``StoreOperation/reclaim(expected:expectedState:record:ttl:uncertainTTL:lost:)``
    case reclaim
    /// ``StoreOperation/putBack(record:ttl:)``
    case putBack
    /// ``StoreOperation/resolve(token:attempt:newToken:record:ttl:wait:force:)``
    case resolve
  }

  /// Which command this is.
  public var kind: Kind {
    switch self {
    case .reserve: .reserve
    case .read: .read
    case .complete: .complete
    case .renew: .renew
    case .release: .release
    case .markUncertain: .markUncertain
    case .reclaim: .reclaim
    case .putBack: .putBack
    case .resolve: .resolve
    }
  }
}

extension StoreOperation.Kind {
  /// Whether an operation with this reply has changed a record in a way that those who wait are told of.
  ///
  /// As the scripts publish: on completion, release and uncertainty, whoever brings them about.
  package func settles(_ reply: StoreReply) -> Bool {
    switch (self, reply) {
    case (.complete, .outcome(let outcome)), (.release, .outcome(let outcome)),
      (.markUncertain, .outcome(let outcome)), (.resolve, .outcome(let outcome)), (.putBack, .outcome(let outcome)):
      outcome == .applied || outcome == .restored
    case (.reclaim, .settled), (.reclaim, .nowUncertain): true
    default: false
    }
  }
}
