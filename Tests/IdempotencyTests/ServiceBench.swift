import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle

@testable import Idempotency

/// Opens once, for all who wait and all who come later.
final class ServiceGate: Sendable {
  private struct State {
    var isOpen = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = NIOLockedValueBox(State())

  func open() {
    let waiters = state.withLockedValue { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLockedValue { state in
        if !state.isOpen { state.waiters.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  /// Waits until it opens or the task is cancelled; false when it is cancelled.
  func waitCancellable() async -> Bool {
    await withTaskCancellationHandler {
      await wait()
      return !Task.isCancelled
    } onCancel: {
      open()
    }
  }
}

/// A number that can be waited for.
final class ServiceCounter: Sendable {
  private struct State {
    var count = 0
    var waiters: [(Int, CheckedContinuation<Void, Never>)] = []
  }

  private let state = NIOLockedValueBox(State())

  var count: Int { state.withLockedValue { $0.count } }

  @discardableResult
  func add() -> Int {
    let (count, ready) = state.withLockedValue { state in
      state.count += 1
      let count = state.count
      defer { state.waiters.removeAll { $0.0 <= count } }
      return (count, state.waiters.filter { $0.0 <= count })
    }
    for waiter in ready { waiter.1.resume() }
    return count
  }

  func wait(for count: Int) async {
    await withCheckedContinuation { continuation in
      let isReached = state.withLockedValue { state in
        if state.count < count { state.waiters.append((count, continuation)) }
        return state.count >= count
      }
      if isReached { continuation.resume() }
    }
  }
}

/// A store's time that a test moves.
final class ServiceClock: StoreClock {
  private let milliseconds = NIOLockedValueBox<Int64>(1_700_000_000_000)

  func upperBound(at instant: BootInstant) -> Int64? { milliseconds.withLockedValue { $0 } }
  func advance(by step: Int64) { milliseconds.withLockedValue { $0 += step } }
}

/// A memory store that a test can stop, count and let fail.
final class ServiceStore: IdempotencyStore {
  /// What becomes of an operation.
  enum Fate: Sendable {
    case applied
    /// Not applied; this failure.
    case failed(StoreFailure.Kind)
    /// Applied, and its reply is lost.
    case unanswered
  }

  let inner: MemoryStore
  var clock: any StoreClock { inner.clock }
  private let hook: @Sendable (StoreOperation.Kind, Int) async -> Fate
  private let counters: [StoreOperation.Kind: ServiceCounter]
  /// The thread sanitizer does not see the memory store's own lock (`Mutex` goes to the kernel unseen); it sees this one.
  private let lock = NIOLock()

  /// - Parameters:
  ///   - clock: The store's time.
  ///   - hook: Asked for the fate of each operation, with its kind and how many of the kind there were.
  init(
    clock: any StoreClock = AnchoredClock(),
    _ hook: @escaping @Sendable (StoreOperation.Kind, Int) async -> Fate = { _, _ in .applied }
  ) {
    inner = MemoryStore(clock: clock)
    self.hook = hook
    counters = Dictionary(uniqueKeysWithValues: StoreOperation.Kind.allCases.map { ($0, ServiceCounter()) })
  }

  func counter(_ kind: StoreOperation.Kind) -> ServiceCounter { counters[kind] ?? ServiceCounter() }

  func perform(_ operation: StoreOperation, for key: RecordKey) async throws(StoreFailure) -> StoreReply {
    let number = counter(operation.kind).add()
    switch await hook(operation.kind, number) {
    case .applied: return try apply(operation, to: key)
    case .failed(let kind): throw StoreFailure(kind, "as the test wants it")
    case .unanswered:
      _ = try apply(operation, to: key)
      throw StoreFailure(.unknown, "as the test wants it")
    }
  }

  func watch(_ key: RecordKey, _ changed: @escaping @Sendable () -> Void) -> any StoreWatch {
    inner.watch(key, changed)
  }

  private func apply(_ operation: StoreOperation, to key: RecordKey) throws(StoreFailure) -> StoreReply {
    lock.lock()
    defer { lock.unlock() }
    return try inner.apply(operation, to: key)
  }

  func state(of key: RecordKey = ServiceBench.key) -> RecordState? {
    guard case .record(let stored)? = try? apply(.read, to: key) else { return nil }
    return stored.head.state
  }
}

enum ServiceBench {
  static let key = RecordKey(unchecked: "service", scope: "-", clientKey: "k")
  static let fingerprint = Fingerprint.of(operation: "test", payload: ByteBuffer(string: "1"), pepper: .default)

  /// Runs a service while `body` runs, then shuts it down gracefully and waits for its end.
  static func run<Result: Sendable>(
    _ store: any IdempotencyStore, drainTimeout: Duration = .seconds(20), pendingBytes: Int = 1 << 20,
    _ body:
      @escaping @Sendable (IdempotencyService, _ shutDown: @escaping @Sendable () async -> Void) async throws -> Result
  ) async throws -> Result {
    var limits = IdempotencyService.Limits()
    limits.drainTimeout = drainTimeout
    limits.pendingBytes = pendingBytes
    let service = IdempotencyService(store: store, limits: limits, logger: quiet)
    let group = ServiceGroup(services: [service], logger: quiet)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      while !service.isAccepting { await Task.yield() }
      let shutDown: @Sendable () async -> Void = { await group.triggerGracefulShutdown() }
      let result = try await body(service, shutDown)
      await shutDown()
      try await tasks.waitForAll()
      return result
    }
  }

  static var quiet: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }

  static func policy(_ choice: UnknownOutcome = .hold, _ change: (inout ExecutionPolicy) -> Void = { _ in })
    -> ExecutionPolicy
  {
    var policy = ExecutionPolicy()
    policy.unknownOutcome = choice
    change(&policy)
    return policy
  }
}

extension IdempotencyService {
  /// An operation under the bench's key that gives a text.
  func perform(
    _ policy: ExecutionPolicy = ServiceBench.policy(), retaining: Int = 1 << 20,
    thrown: @escaping @Sendable (any Error) -> ThrownErrorMeaning = { _ in .unknownOutcome },
    _ operation: @escaping @Sendable (Int?) async throws -> String
  ) async throws -> OperationResult {
    try await perform(
      key: ServiceBench.key, fingerprint: ServiceBench.fingerprint, policy: policy, retaining: retaining,
      thrown: thrown, operation: { ByteBuffer(string: try await operation($0)) })
  }

  /// Why an operation gives no result; nil when it gives one.
  func failure(
    _ policy: ExecutionPolicy = ServiceBench.policy(), _ operation: @escaping @Sendable (Int?) async throws -> String
  ) async -> OperationError? {
    do {
      _ = try await perform(policy, operation)
      return nil
    } catch {
      return error as? OperationError
    }
  }
}
