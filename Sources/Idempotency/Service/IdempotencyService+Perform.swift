public import NIOCore

extension IdempotencyService {
  /// Runs an operation at most once under a key, and gives every later caller its first result.
  ///
  /// For work that is not HTTP: jobs, queue consumers, scheduled tasks. The operation runs in the service, so a caller
  /// that is cancelled cancels nothing that was started; it has its caller's task-locals. It is cancelled where it still
  /// runs at the end of the service's drain time-out: whatever error it throws then, its outcome is unknown.
  /// - Parameters:
  ///   - key: Under what name the operation is known to all nodes.
  ///   - fingerprint: What it was asked to do; the same key with another fingerprint is refused.
  ///   - policy: Times, and what is decided about unknown outcomes.
  ///   - retained: A larger result is not kept, in bytes; 1 MiB, as for HTTP answers.
  ///   - thrown: What a thrown error says about the effect, where the operation was not cancelled.
  ///     ``OperationNotStarted`` always says that there was none.
  ///   - operation: The work. It gets the attempt: a fencing number that grows with every executor of the key.
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
    guard jobs.isAccepting else { throw OperationError.notReady }
    let engine = Engine(fingerprint: fingerprint, policy: policy, token: .random(), worker: worker) { _ in
      StoredAnswer(status: OperationResult.noResult)
    }
    let driver = ExchangeDriver(service: self, key: key, machine: OperationExchange(engine: engine)) { attempt in
      do {
        let result = try await operation(attempt)
        let answer = StoredAnswer(status: OperationResult.done, body: result)
        let isRetained = result.readableBytes <= retained
        return OperationExchange.Outcome(
          result: .success(result), meaning: .done(answer, retained: isRetained, retention: nil))
      } catch {
        // A cancelled operation's error tells where it was when it was cancelled, and not what it had done by then.
        let hadNoEffect = error is OperationNotStarted || (!Task.isCancelled && thrown(error) == .noEffect)
        return OperationExchange.Outcome(
          result: .failure(error),
          meaning: hadNoEffect ? .released : .unknown(StoredAnswer(status: OperationResult.noResult), open: false))
      }
    }
    return try await driver.run().get()
  }
}
