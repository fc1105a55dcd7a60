import IdempotencyTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Idempotency

/// Rule F11: a service takes no guarded requests before its keyspaces are claimed.
@Suite(.timeLimit(.minutes(1))) struct ServiceClaimTests {
  struct Refusal: Error, CustomStringConvertible {
    let description = "keyspace mine is in use"
  }

  /// A store that agrees to claims when a test wants it to.
  final class ClaimStore: IdempotencyStore {
    let inner = MemoryStore()
    let clock: any StoreClock
    let claims = NIOLockedValueBox<[[KeyspaceDerivation]]>([])
    let agrees: NIOLockedValueBox<Bool>
    let asked = ServiceCounter()

    init(agrees: Bool = true, clock: any StoreClock = AnchoredClock()) {
      self.agrees = NIOLockedValueBox(agrees)
      self.clock = clock
    }

    func perform(_ operation: StoreOperation, for key: RecordKey) async throws(StoreFailure) -> StoreReply {
      try await inner.perform(operation, for: key)
    }

    func watch(_ key: RecordKey, _ changed: @escaping @Sendable () -> Void) -> any StoreWatch {
      inner.watch(key, changed)
    }

    func claim(_ derivations: [KeyspaceDerivation]) async throws {
      claims.withLockedValue { $0.append(derivations) }
      asked.add()
      if !agrees.withLockedValue({ $0 }) { throw Refusal() }
    }
  }

  /// A clock that knows no time until a test tells it.
  final class LateClock: StoreClock {
    let time = NIOLockedValueBox<Int64?>(nil)
    func upperBound(at instant: BootInstant) -> Int64? { time.withLockedValue { $0 } }
  }

  private let mine = KeyspaceDerivation(keyspace: "mine", digest: "a")

  /// Runs a service that has keyspaces to claim, whether they are claimed or not.
  private func run(
    _ store: any IdempotencyStore, logger: Logger = ServiceBench.quiet, _ derivations: [KeyspaceDerivation],
    _ body: (IdempotencyService) async throws -> Void
  ) async throws {
    let service = IdempotencyService(store: store, logger: logger)
    service.claim(derivations)
    #expect(!service.isAccepting)
    let running = Task { try await service.run() }
    while !service.jobs.isAccepting { await Task.yield() }
    try await body(service)
    running.cancel()
    try await running.value
  }

  @Test("F11 What is to be claimed is claimed once the service runs; then requests are taken, also after a later claim")
  func claims() async throws {
    let store = ClaimStore()
    try await run(store, [mine]) { service in
      try await service.waitUntilClaimed()
      #expect(service.claimFailure == nil)
      service.claim([mine])
      #expect(service.isAccepting)
      let other = KeyspaceDerivation(keyspace: "other", digest: "b")
      service.claim([other])
      while !service.isAccepting { await Task.yield() }
      #expect(store.claims.withLockedValue { $0 } == [[mine], [mine, other]])
    }
  }

  @Test("F11 A refused claim is logged once, named, and tried again; operations that are no requests run meanwhile")
  func refused() async throws {
    let store = ClaimStore(agrees: false)
    let log = LogLines()
    let logger = log.logger
    try await run(store, logger: logger, [mine]) { service in
      await store.asked.wait(for: 3)
      #expect(!service.isAccepting)
      #expect(service.claimFailure == "keyspace mine is in use")
      let error = await #expect(throws: KeyspaceClaimError.self) { try await service.waitUntilClaimed() }
      #expect(error?.reason == "keyspace mine is in use")
      #expect(log.lines.count { $0.contains("keyspace mine is in use") } == 1)
      let value = try await service.perform { _ in "done" }.value
      #expect(String(buffer: value) == "done")
      store.agrees.withLockedValue { $0 = true }
      while !service.isAccepting { await Task.yield() }
      #expect(service.claimFailure == nil)
    }
  }

  @Test("F11 A store that does not know its time is not asked yet, and that is no failure")
  func notReady() async throws {
    let clock = LateClock()
    let store = ClaimStore(clock: clock)
    try await run(store, [mine]) { service in
      try await Task.sleep(for: .milliseconds(300))
      #expect(store.asked.count == 0)
      #expect(service.claimFailure == nil)
      clock.time.withLockedValue { $0 = 1_700_000_000_000 }
      while !service.isAccepting { await Task.yield() }
    }
  }

  @Test("F11 Policies of one service that contradict each other are refused, also by a store that keeps no derivations")
  func contradiction() async throws {
    try await run(ServiceStore(), [mine, KeyspaceDerivation(keyspace: "mine", digest: "b")]) { service in
      while service.claimFailure == nil { await Task.yield() }
      #expect(!service.isAccepting)
      #expect(service.claimFailure?.contains("keyspace mine") == true)
    }
  }

  @Test("F11 A set's derivations for other principal fields are those of a set that was made with them")
  func principalFields() throws {
    var shared = try IdempotencyPolicy("shared")
    shared.scope = []
    let policies = [try IdempotencyPolicy("mine"), shared]
    let set = try PolicySet(policies)
    for fields in [[], ["x-api-key"], ["X-Api-Key", "x-tenant"]] {
      #expect(try set.derivations(principalFields: fields) == PolicySet(policies, principalFields: fields).derivations)
    }
    #expect(set.derivations(principalFields: ["a"])[0] != set.derivations[0])
    #expect(set.derivations(principalFields: ["a"])[1] == set.derivations[1])
  }
}
