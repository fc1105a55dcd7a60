/// What can happen to an exchange.
public enum ExchangeEvent<Outcome: Sendable>: Sendable {
  /// The request is complete and its key, scope and fingerprint are known. First, and once.
  case start
  /// The store replied to the operation of this kind that was sent last.
  case storeReplied(StoreOperation.Kind, StoreReply)
  /// The store operation of this kind that was sent last has no reply.
  case storeFailed(StoreOperation.Kind, StoreFailure)
  /// The shell has carried out ``ExchangeAction/prepare`` and can run the operation at this very moment.
  case ready
  /// What the operation came to. A silent one may follow with its late outcome.
  case operation(Outcome)
  /// A timer that was asked for has fired.
  case timer(ExchangeTimer)
  /// The record that is watched has changed, or may have; also once as soon as it is watched.
  case changed
  /// The node stops and waits no longer for the operation.
  case abandon
  /// The caller has left, or cannot be told from one that has: it waits for nobody's operation any more.
  case callerLeft

  func map<Other: Sendable>(_ transform: (Outcome) -> Other) -> ExchangeEvent<Other> {
    switch self {
    case .start: .start
    case .storeReplied(let kind, let reply): .storeReplied(kind, reply)
    case .storeFailed(let kind, let failure): .storeFailed(kind, failure)
    case .ready: .ready
    case .operation(let outcome): .operation(transform(outcome))
    case .timer(let timer): .timer(timer)
    case .changed: .changed
    case .abandon: .abandon
    case .callerLeft: .callerLeft
    }
  }
}
