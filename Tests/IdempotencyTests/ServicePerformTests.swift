import NIOCore
import Testing

@testable import Idempotency

@Suite(.timeLimit(.minutes(1))) struct ServicePerformTests {
  struct Broken: Error, Equatable {}

  @Test("100 concurrent calls run it once; the others are told that it runs, then get its result (E1, E2, E8)")
  func once() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      let (runs, gate, refused) = (ServiceCounter(), ServiceGate(), ServiceCounter())
      try await withThrowingTaskGroup(of: OperationResult?.self) { group in
        for _ in 0..<100 {
          group.addTask {
            do {
              return try await service.perform { attempt in
                runs.add()
                await gate.wait()
                return "first, attempt \(attempt ?? 0)"
              }
            } catch OperationError.inProgress {
              refused.add()
              return nil
            }
          }
        }
        await refused.wait(for: 99)
        gate.open()
        let results = try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        #expect(results.map { String(buffer: $0.value) } == ["first, attempt 1"])
        #expect(results.map(\.isReplayed) == [false])
        #expect(results.map(\.isPending) == [false])
      }
      try await withThrowingTaskGroup(of: OperationResult.self) { group in
        for _ in 0..<100 {
          group.addTask {
            try await service.perform { _ in
              runs.add(); return "again"
            }
          }
        }
        for try await result in group {
          #expect(result.isReplayed)
          #expect(String(buffer: result.value) == "first, attempt 1")
        }
      }
      #expect(runs.count == 1)
    }
  }

  @Test("Another fingerprint under the same key is refused and does not run (F1)")
  func mismatch() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      _ = try await service.perform { _ in "first" }
      let other = Fingerprint.of(operation: "test", payload: ByteBuffer(string: "2"), pepper: .default)
      await #expect(throws: OperationError.keyReused) {
        try await service.perform(key: ServiceBench.key, fingerprint: other) { _ in
          Issue.record("it ran")
          return ByteBuffer()
        }
      }
    }
  }

  @Test("OperationNotStarted frees the key, and its attempt grows (X10)")
  func notStarted() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      await #expect(throws: OperationNotStarted.self) {
        try await service.perform { _ in throw OperationNotStarted("not today") }
      }
      let value = try await service.perform { "attempt \($0 ?? 0)" }.value
      #expect(String(buffer: value) == "attempt 2")
    }
  }

  @Test("A thrown error is given to its caller, and is an unknown outcome by policy")
  func thrown() async throws {
    for choice in UnknownOutcome.allCases {
      let clock = ServiceClock()
      try await ServiceBench.run(ServiceStore(clock: clock)) { service, _ in
        let policy = ServiceBench.policy(choice)
        await #expect(throws: Broken.self) { try await service.perform(policy) { _ in throw Broken() } }
        switch choice {
        case .hold, .store:
          #expect(await service.failure(policy) { _ in "again" } == .outcomeUnknown)
          clock.advance(by: 60_000)
          #expect(await service.failure(policy) { _ in "again" } == .outcomeUnknown)
        case .executeAgain:
          #expect(await service.failure(policy) { _ in "again" } == .inProgress)
          clock.advance(by: 60_000)
          let value = try await service.perform(policy) { "attempt \($0 ?? 0)" }.value
          #expect(String(buffer: value) == "attempt 2")
        }
      }
    }
  }

  @Test("An error can say that there was no effect; a cancelled operation is an unknown outcome")
  func meaning() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      await #expect(throws: Broken.self) {
        try await service.perform(thrown: { $0 is Broken ? .noEffect : .unknownOutcome }) { _ in throw Broken() }
      }
      await #expect(throws: CancellationError.self) {
        try await service.perform { _ in throw CancellationError() }
      }
      #expect(await service.failure { _ in "again" } == .outcomeUnknown)
    }
  }

  @Test(
    "X11 A cancelled operation's error is an unknown outcome, whatever its caller makes of it; OperationNotStarted is not"
  )
  func cancelled() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      await #expect(throws: OperationNotStarted.self) {
        try await service.perform { _ in
          withUnsafeCurrentTask { $0?.cancel() }
          throw OperationNotStarted("nothing was done")
        }
      }
      await #expect(throws: Broken.self) {
        try await service.perform(thrown: { _ in .noEffect }) { _ in
          withUnsafeCurrentTask { $0?.cancel() }
          throw Broken()
        }
      }
      #expect(await service.failure { _ in "again" } == .outcomeUnknown)
    }
  }

  @TaskLocal static var trace = "-"

  @Test("An operation has its caller's task-locals, also where its caller has waited for another (E18)")
  func taskLocals() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      let (began, gate) = (ServiceGate(), ServiceGate())
      let policy = ServiceBench.policy { $0.onInProgress = .wait(upTo: .seconds(40)) }
      async let first = Self.$trace.withValue("first") {
        try await service.perform(policy) { _ in
          began.open()
          await gate.wait()
          throw OperationNotStarted(Self.trace)
        }
      }
      await began.wait()
      async let second = Self.$trace.withValue("second") { try await service.perform(policy) { _ in Self.trace } }
      try await Task.sleep(for: .milliseconds(50))
      gate.open()
      do {
        _ = try await first
        Issue.record("the first does nothing")
      } catch let error as OperationNotStarted {
        #expect(error.reason == "first")
      }
      let value = try await second.value
      #expect(String(buffer: value) == "second")
    }
  }

  @Test("A result that is too large is given once and then not retained (E16)")
  func tooLarge() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      let value = try await service.perform(retaining: 3) { _ in "four" }.value
      #expect(String(buffer: value) == "four")
      #expect(await service.failure { _ in "again" } == .resultNotRetained)
    }
  }

  @Test("Without a store nothing runs (X4)")
  func storeAway() async throws {
    try await ServiceBench.run(ServiceStore { _, _ in .failed(.notSent) }) { service, _ in
      let failure = await service.failure { _ in
        Issue.record("it ran")
        return ""
      }
      #expect(failure == .storeUnavailable(StoreFailure(.notSent, "as the test wants it")))
    }
  }

  @Test("Lost replies of reserve and complete cost nothing (X6, X7)")
  func lostReplies() async throws {
    let store = ServiceStore { _, number in number == 1 ? .unanswered : .applied }
    try await ServiceBench.run(store) { service, _ in
      let first = try await service.perform { "attempt \($0 ?? 0)" }
      #expect(String(buffer: first.value) == "attempt 1")
      #expect(!first.isPending)
      let isReplayed = try await service.perform { _ in "again" }.isReplayed
      #expect(isReplayed)
    }
  }

  @Test("An operation longer than its lease is renewed and runs once (X2)")
  func longerThanLease() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      let policy = ServiceBench.policy(.executeAgain) { $0.lease = .milliseconds(200) }
      let result = try await service.perform(policy) { _ in
        await store.counter(.renew).wait(for: 6)
        return "done"
      }
      #expect(!result.isReplayed)
      let isReplayed = try await service.perform(policy) { _ in "again" }.isReplayed
      #expect(isReplayed)
    }
  }

  @Test("A silent operation: its caller is told, and its late result is taken under hold, discarded under store (X10)")
  func silent() async throws {
    for choice in [UnknownOutcome.hold, .store] {
      let store = ServiceStore()
      try await ServiceBench.run(store) { service, _ in
        let (gate, ended) = (ServiceGate(), ServiceGate())
        let policy = ServiceBench.policy(choice) { $0.originTimeout = .milliseconds(30) }
        let failure = await service.failure(policy) { _ in
          await gate.wait()
          defer { ended.open() }
          return "late"
        }
        #expect(failure == .outcomeUnknown)
        gate.open()
        await ended.wait()
        if choice == .hold {
          await store.counter(.complete).wait(for: 1)
          while store.state() != .completed { await Task.yield() }
          let value = try await service.perform(policy) { _ in "again" }.value
          #expect(String(buffer: value) == "late")
        } else {
          #expect(await service.failure(policy) { _ in "again" } == .outcomeUnknown)
          #expect(store.counter(.complete).count == 1)
        }
      }
    }
  }

  @Test("store: a result that comes while the unknown outcome is being stored is not given in its place")
  func lateUnderStore() async throws {
    let (gate, ended) = (ServiceGate(), ServiceGate())
    let store = ServiceStore { kind, _ in
      if kind == .complete {
        gate.open()
        await ended.wait()
      }
      return .applied
    }
    try await ServiceBench.run(store) { service, _ in
      let policy = ServiceBench.policy(.store) { $0.originTimeout = .milliseconds(30) }
      let failure = await service.failure(policy) { _ in
        await gate.wait()
        defer { ended.open() }
        return "late"
      }
      #expect(failure == .outcomeUnknown)
      #expect(await service.failure(policy) { _ in "again" } == .outcomeUnknown)
    }
  }
}
