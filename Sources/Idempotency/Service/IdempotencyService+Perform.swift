public import NIOCore

extension IdempotencyService {
  /// Runs an operation at most once under a key, and gives every later caller its first result.
  ///
  /// For work that is not HTTP: jobs, queue consumers, scheduled tasks. The operation runs in the service, so a caller
  /// that is cancelled cancels nothing that was started.
  /// - Parameters:
  ///   - key: Under what name the operation is known to all nodes.
  ///   - fingerprint: What it was asked to do; the same key with another fingerprint is refused.
  ///   - policy: Times, and what is decided about unknown outcomes.
  ///   - retained: A larger result is not kept, in bytes; 1 MiB, as for HTTP answers.
  ///   - thrown: What a thrown error says about the effect. ``OperationNotStarted`` always says that there was none.
  ///   - operation: The work. It gets the attempt: a fencing number that grows with every executor of the key.
  /// - Returns: The first result, and whether it was replayed.
  /// - Throws: ``OperationError`` where nothing was executed now or nobody knows; the operation's own error where it
  ///   threw one: then the effect may have happened, unless the error is ``OperationNotStarted``.
  public func perform(
    key: RecordKey, fingerprint: Fingerprint, policy: ExecutionPolicy = ExecutionPolicy(),
    retaining retained: Int = 1 << 20,
    thrown: @escaping @Sendable (any Error) -> ThrownErrorMeaning = { _ in .unknownOutcome },
    operation: @escaping @Sendable (_ attempt: Int?) async throws -> ByteBuffer
  ) async throws -> OperationResult {
    guard isAccepting else { throw OperationError.notReady }
    guard !RunningExchanges.current.contains(key, of: self) else { throw OperationError.reentrant }
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
        let hadNoEffect = error is OperationNotStarted || thrown(error) == .noEffect
        return OperationExchange.Outcome(
          result: .failure(error),
          meaning: hadNoEffect ? .released : .unknown(StoredAnswer(status: OperationResult.noResult), open: false))
      }
    }
    return try await driver.run().get()
  }
}
