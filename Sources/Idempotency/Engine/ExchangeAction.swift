/// What a shell is to do for an exchange.
public enum ExchangeAction<Answer: Sendable>: Sendable {
  /// Send this to the store and report its reply or failure.
  case send(StoreOperation)
  /// Make ready to run the operation, and say ``ExchangeEvent/ready`` in the moment before it would run.
  case prepare
  /// Run the operation now. `attempt` is the fencing number; nil when it runs unguarded.
  case execute(attempt: Int?)
  /// Report ``ExchangeEvent/timer(_:)`` after this many milliseconds. A timer asked for again replaces the one before.
  case schedule(ExchangeTimer, after: Int64)
  /// Report ``ExchangeEvent/changed`` once changes of this record are listened to, and at every change.
  case watch
  /// Changes are of no interest any more.
  case unwatch
  /// Answer the caller. Once.
  case answer(Answer)
  /// Nothing more will be asked for, and no further event matters.
  case finish

  func map<Other: Sendable>(_ transform: (Answer) -> Other) -> ExchangeAction<Other> {
    switch self {
    case .send(let operation): .send(operation)
    case .prepare: .prepare
    case .execute(let attempt): .execute(attempt: attempt)
    case .schedule(let timer, let delay): .schedule(timer, after: delay)
    case .watch: .watch
    case .unwatch: .unwatch
    case .answer(let answer): .answer(transform(answer))
    case .finish: .finish
    }
  }
}

/// What an exchange waits for.
public enum ExchangeTimer: Sendable, Hashable, CaseIterable {
  /// The lease is to be renewed.
  case renew
  /// A store operation that had no reply is to be sent again.
  case retry
  /// The operation has been silent for too long.
  case silence
  /// A late answer is no longer waited for.
  case lateAnswer
  /// The record of another's execution is to be read again.
  case poll
  /// Another's execution is no longer waited for.
  case wait
}
