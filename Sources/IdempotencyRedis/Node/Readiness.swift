internal import NIOCore
internal import NIOConcurrencyHelpers

/// Whether the store is ready, and who waits for it.
final class Readiness: Sendable {
  private struct State {
    var isReady = false
    var failure: RedisStoreError?
    var waiters: [ObjectIdentifier: EventLoopPromise<Void>] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// Whether the store was found fit, knows the time and has settled.
  var isReady: Bool { state.withLockedValue { $0.isReady } }

  /// The last check that failed; nil when one has succeeded since.
  var failure: RedisStoreError? { state.withLockedValue { $0.failure } }

  /// The node was found fit, but is not known to have settled.
  func unsettled() {
    state.withLockedValue {
      $0.isReady = false
      $0.failure = nil
    }
  }

  /// All is well.
  func ready() { change(.success(())) }

  /// A check failed.
  func failed(_ error: RedisStoreError) { change(.failure(error)) }

  private func change(_ result: Result<Void, RedisStoreError>) {
    let waiters = state.withLockedValue { state in
      if case .failure(let error) = result { state.failure = error } else { state.failure = nil }
      state.isReady = state.failure == nil
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.completeWith(result.mapError { $0 }) }
  }

  /// Suspends until the store is ready.
  ///
  /// - Throws: ``RedisStoreError`` of a check that failed before or meanwhile; `CancellationError`; what
  ///   `expired` gives after `timeout`.
  func wait(
    on eventLoop: any EventLoop, timeout: TimeAmount?, expired: @escaping @Sendable () -> any Error
  ) async throws {
    let promise = eventLoop.makePromise(of: Void.self)
    let timer = timeout.map { eventLoop.scheduleTask(in: $0) { promise.fail(expired()) } }
    let id = ObjectIdentifier(promise.futureResult)
    let known: Result<Void, RedisStoreError>? = state.withLockedValue { state in
      if let failure = state.failure { return .failure(failure) }
      if state.isReady { return .success(()) }
      state.waiters[id] = promise
      return nil
    }
    if let known { promise.completeWith(known.mapError { $0 }) }
    defer {
      timer?.cancel()
      state.withLockedValue { _ = $0.waiters.removeValue(forKey: id) }
    }
    try await withTaskCancellationHandler {
      try await promise.futureResult.get()
    } onCancel: {
      promise.fail(CancellationError())
    }
  }
}
