import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Idempotency

/// Rule X11, and who waits for whom.
@Suite(.timeLimit(.minutes(1))) struct ServiceLifecycleTests {
  @Test("While the service does not run nothing is executed, and the store is not touched")
  func notRunning() async {
    let store = ServiceStore()
    let service = IdempotencyService(store: store, logger: ServiceBench.quiet)
    #expect(await service.failure { _ in "ran" } == .notReady)
    let exchange = HTTPExchangeBench()
    let answer = await service.run(
      HTTPExchange(policy: exchange.policy, fingerprint: ServiceBench.fingerprint, token: .random(), worker: "w"),
      key: ServiceBench.key
    ) { _ in
      Issue.record("it ran")
      return .answered(200)
    }
    #expect(answer.summary == "failed 503")
    #expect(answer.problemType == "not-ready")
    #expect(store.counter(.reserve).count == 0)
  }

  @Test("A caller that is cancelled cancels nothing that was started (X9)")
  func cancelledCaller() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      let (started, gate) = (ServiceGate(), ServiceGate())
      let caller = Task {
        try await service.perform { _ in
          started.open()
          await gate.wait()
          return Task.isCancelled ? "cancelled" : "done"
        }
      }
      await started.wait()
      caller.cancel()
      gate.open()
      let value = try await caller.value.value
      #expect(String(buffer: value) == "done")
      #expect(store.state() == .completed)
    }
  }

  @Test("SIGTERM: running operations finish, new ones are refused (X11)")
  func drains() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, shutDown in
      let (started, gate) = (ServiceGate(), ServiceGate())
      async let running = service.perform { _ in
        started.open()
        await gate.wait()
        return "done"
      }
      await started.wait()
      await shutDown()
      while service.isAccepting { await Task.yield() }
      #expect(await service.failure { _ in "new" } == .notReady)
      gate.open()
      let value = try await running.value
      #expect(String(buffer: value) == "done")
    }
    #expect(store.state() == .completed)
  }

  @Test("SIGTERM: what is reserved and not yet forwarded is released and does not run (X11)")
  func released() async throws {
    let gate = ServiceGate()
    let store = ServiceStore { kind, _ in
      if kind == .reserve { await gate.wait() }
      return .applied
    }
    try await ServiceBench.run(store) { service, shutDown in
      async let failure = service.failure { _ in
        Issue.record("it ran")
        return ""
      }
      await store.counter(.reserve).wait(for: 1)
      await shutDown()
      while service.isAccepting { await Task.yield() }
      gate.open()
      #expect(await failure == .notReady)
    }
    #expect(store.state() == .free)
  }

  @Test("SIGTERM: a completion that the store has not taken yet is waited for (X5, X11)")
  func drainsPending() async throws {
    let isBack = NIOLockedValueBox(false)
    let store = ServiceStore { kind, _ in
      kind == .complete && !isBack.withLockedValue { $0 } ? .failed(.notSent) : .applied
    }
    try await ServiceBench.run(store) { service, shutDown in
      let isPending = try await service.perform { _ in "done" }.isPending
      #expect(isPending)
      await shutDown()
      while service.isAccepting { await Task.yield() }
      let failed = store.counter(.complete).count
      await store.counter(.complete).wait(for: failed + 2)
      isBack.withLockedValue { $0 = true }
    }
    #expect(store.state() == .completed)
  }

  @Test("What still runs at the end of the drain time-out becomes uncertain and is cancelled (X11)")
  func drainTimeout() async throws {
    for choice in UnknownOutcome.allCases {
      let store = ServiceStore()
      let cancelled = ServiceGate()
      try await ServiceBench.run(store, drainTimeout: .milliseconds(20)) { service, shutDown in
        let started = ServiceGate()
        let never = ServiceGate()
        async let failure = service.failure(ServiceBench.policy(choice)) { _ in
          started.open()
          if await !never.waitCancellable() { cancelled.open() }
          return "too late"
        }
        await started.wait()
        await shutDown()
        #expect(await failure == .outcomeUnknown)
      }
      await cancelled.wait()
      switch choice {
      case .hold: #expect(store.state() == .uncertain)
      case .store: #expect(store.state() == .completed)
      case .executeAgain: #expect(store.state() == .reserved)
      }
    }
  }

  @Test("A request that meets a service which has ended meanwhile gives its reservation back itself (X11)")
  func endedMeanwhile() async throws {
    let gate = ServiceGate()
    let store = ServiceStore { kind, _ in
      if kind == .reserve { await gate.wait() }
      return .applied
    }
    let late = try await ServiceBench.run(store, drainTimeout: .zero) { service, _ in
      let late = Task {
        await service.failure { _ in
          Issue.record("it ran")
          return ""
        }
      }
      await store.counter(.reserve).wait(for: 1)
      return late
    }
    gate.open()
    #expect(await late.value == .notReady)
    #expect(store.state() == .free)
  }

  @Test("Cancellation of the service's own task: everybody is answered, operations are cancelled, it ends")
  func cancelledService() async throws {
    let store = ServiceStore()
    let service = IdempotencyService(store: store, logger: ServiceBench.quiet)
    let running = Task { try await service.run() }
    while !service.isAccepting { await Task.yield() }
    let started = ServiceGate()
    async let failure = service.failure { _ in
      started.open()
      _ = await ServiceGate().waitCancellable()
      throw CancellationError()
    }
    await started.wait()
    running.cancel()
    _ = await failure
    try await running.value
    #expect(!service.isAccepting)
    #expect(store.state() == .uncertain)
    #expect(await service.failure { _ in "new" } == .notReady)
  }

  @Test("A service that has ended is let go of, with all that it still held")
  func letGo() async throws {
    weak var held: IdempotencyService?
    // The store never takes the completion: at the end an exchange is left, which holds its service.
    let store = ServiceStore { kind, _ in kind == .complete ? .failed(.notSent) : .applied }
    try await ServiceBench.run(store, drainTimeout: .milliseconds(20)) { service, _ in
      _ = try await service.perform { _ in "done" }
    }
    do {
      let service = IdempotencyService(store: store, logger: ServiceBench.quiet)
      held = service
      let running = Task { try await service.run() }
      while !service.isAccepting { await Task.yield() }
      let key = RecordKey(unchecked: "service", scope: "-", clientKey: "left")
      _ = try await service.perform(key: key, fingerprint: ServiceBench.fingerprint) { _ in ByteBuffer() }
      running.cancel()
      try await running.value
    }
    for _ in 0..<1_000 where held != nil { await Task.yield() }
    #expect(held == nil)
  }

  @Test("Exchanges that have finished leave nothing behind")
  func nothingLeft() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      for index in 0..<3_000 {
        let key = RecordKey(unchecked: "service", scope: "-", clientKey: "\(index)")
        _ = try await service.perform(key: key, fingerprint: ServiceBench.fingerprint) { _ in ByteBuffer() }
      }
      // Each left a cancelled renewal, due in ten seconds.
      #expect(service.timers.entryCount < 1_100)
      #expect(await service.jobs.waitUntilIdle(for: .seconds(5)))
    }
  }
}
