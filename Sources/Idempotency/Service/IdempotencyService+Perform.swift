public import NIOCore

extension IdempotencyService {
  /// Runs an operation at most once under a key, and gives every later caller its first result.
  ///
  /// For work that is not HTTP: jobs, queue consumers, scheduled tasks. The operation runs in the service, so a caller
  /// that is cancelled cancels nothing that was started; it has its caller's task-locals. A caller that is cancelled while
  /// it waits for another's execution waits no longer: ``OperationError/inProgress``. The operation is cancelled where it
  /// still runs at the end of the service's drain time-out: whatever error it throws then, its outcome is unknown.
  /// - Parameters:
  ///   - key: Under what name the operation is known to all nodes.
  ///   - fingerprint: What it was asked to do; the same key with another fingerprint is refused.
  ///   - policy: Times, and what is decided about unknown outcomes.
  ///   - retained: A larger result is not kept, in bytes, 0 or more; 1 MiB, as for HTTP answers.
  ///   - thrown: What an error says about the effect that `operation` threw, where it was not cancelled.
  ///     ``OperationNotStarted`` always says that there was none.
  ///   - operation: The work. It gets the attempt: a fencing number that grows with every executor of the key; nil where
  ///     it runs unguarded.
  /// - Returns: The first result, and whether it was replayed.
  /// - Throws: ``OperationError`` where there is no result; each case says whether the effect may have happened. The
  ///   operation's own error, to the caller whose call executed it, where it threw one: then the effect may have
  ///   happened, unless the error is ``OperationNotStarted`` or `thrown` says that there was none.
  public func perform(
    key: RecordKey, fingerprint: Fingerprint, policy: ExecutionPolicy = ExecutionPolicy(),
    retaining retained: Int = IdempotencyService.defaultRetained,
    thrown: @escaping @Sendable (any Error) -> ThrownErrorMeaning = { _ in .unknownOutcome },
    operation: @escaping @Sendable (_ attempt: Int?) async throws -> ByteBuffer
  ) async throws -> OperationResult {
    try await execute(key: key, fingerprint: fingerprint, policy: policy) { attempt in
      do {
        return Self.done(try await operation(attempt), retaining: retained)
      } catch {
        return Self.failed(error, thrown)
      }
    }
  }

  /// The largest result that is kept unless a call says otherwise, in bytes: 1 MiB, as for HTTP answers.
  public static var defaultRetained: Int { 1 << 20 }

  /// Runs an operation that says itself what its end means for the key.
  func execute(
    key: RecordKey, fingerprint: Fingerprint, policy: ExecutionPolicy,
    operation: @escaping @Sendable (_ attempt: Int?) async -> OperationExchange.Outcome
  ) async throws -> OperationResult {
    guard jobs.isAccepting else { throw OperationError.notReady }
    guard !RunningExchanges.current.contains(key, in: self) else { throw OperationError.reentrant }
    let engine = Engine(fingerprint: fingerprint, policy: policy, token: .random(), worker: worker) { _ in
      StoredAnswer(status: OperationResult.noResult)
    }
    let machine = OperationExchange(engine: engine)
    return try await ExchangeDriver(service: self, key: key, machine: machine, operation: operation).run().get()
  }

  /// The operation has a result.
  static func done(_ result: ByteBuffer, retaining retained: Int) -> OperationExchange.Outcome {
    let answer = StoredAnswer(status: OperationResult.done, body: result)
    return OperationExchange.Outcome(
      result: .success(result),
      meaning: .done(answer, retained: result.readableBytes <= retained, retention: nil))
  }

  /// The operation is done, and nothing that could be stored came of it.
  static func done(notKept error: any Error) -> OperationExchange.Outcome {
    OperationExchange.Outcome(
      result: .failure(error),
      meaning: .done(StoredAnswer(status: OperationResult.done), retained: false, retention: nil))
  }

  /// The operation threw an error.
  ///
  /// A cancelled operation's error tells where it was when it was cancelled, and not what it had done by then.
  static func failed(
    _ error: any Error, _ thrown: (any Error) -> ThrownErrorMeaning
  ) -> OperationExchange.Outcome {
    let hadNoEffect = error is OperationNotStarted || (!Task.isCancelled && thrown(error) == .noEffect)
    return OperationExchange.Outcome(
      result: .failure(error),
      meaning: hadNoEffect ? .released : .unknown(StoredAnswer(status: OperationResult.noResult), open: false))
  }
}
