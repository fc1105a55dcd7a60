import NIOCore
import Testing

@testable import Idempotency

/// The async shell carries out what a waiting exchange asks for (rule E18).
@Suite(.timeLimit(.minutes(1))) struct ServiceWaitTests {
  private static func policy(_ bound: Duration) -> ExecutionPolicy {
    ServiceBench.policy { $0.onInProgress = .wait(upTo: bound) }
  }

  @Test("A duplicate is woken by the completion alone, and gets the first answer (E18)")
  func completion() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      // No timer fires: neither the poll nor the bound can wake anybody.
      service.timers.stop()
      let gate = ServiceGate()
      let started = ServiceGate()
      async let first = service.perform { _ in
        started.open()
        await gate.wait()
        return "first"
      }
      await started.wait()
      async let second = service.perform(Self.policy(.seconds(60))) { _ in "second" }
      await store.counter(.read).wait(for: 1)
      gate.open()
      #expect(try await !first.isReplayed)
      let replay = try await second
      #expect(replay.isReplayed)
      #expect(String(buffer: replay.value) == "first")
    }
    #expect(store.inner.watches.count == 0)
  }

  @Test("A duplicate is woken by a release, and runs as the next attempt (E18)")
  func release() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      service.timers.stop()
      let gate = ServiceGate()
      let started = ServiceGate()
      async let first = service.failure { _ in
        started.open()
        await gate.wait()
        throw OperationNotStarted("as the test wants it")
      }
      await started.wait()
      async let second = service.perform(Self.policy(.seconds(60))) { "attempt \($0 ?? 0)" }
      await store.counter(.read).wait(for: 1)
      gate.open()
      _ = await first
      let result = try await second
      #expect(!result.isReplayed)
      #expect(String(buffer: result.value) == "attempt 2")
    }
    #expect(store.inner.watches.count == 0)
  }

  @Test("The bound over, a duplicate is refused, and the owner's record is as it was (E18)")
  func bound() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      let gate = ServiceGate()
      let started = ServiceGate()
      async let first = service.perform { _ in
        started.open()
        await gate.wait()
        return "first"
      }
      await started.wait()
      let refusal = await service.failure(Self.policy(.milliseconds(50))) { _ in "second" }
      #expect(refusal == .inProgress)
      #expect(store.state() == .reserved)
      #expect(store.inner.watches.count == 0)
      #expect(store.counter(.reclaim).count == 0)
      gate.open()
      let result = try await first
      #expect(String(buffer: result.value) == "first")
    }
  }

  @Test("W9 A caller that is cancelled while it waits, or before, ends; the operation goes on")
  func cancelled() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      service.timers.stop()
      let gate = ServiceGate()
      let started = ServiceGate()
      async let first = service.perform { _ in
        started.open()
        await gate.wait()
        return "first"
      }
      await started.wait()
      let waiter = Task { await service.failure(Self.policy(.seconds(60))) { _ in "second" } }
      await store.counter(.read).wait(for: 1)
      #expect(service.waiters.total == 1)
      waiter.cancel()
      #expect(await waiter.value == .inProgress)
      let late = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await service.failure(Self.policy(.seconds(60))) { _ in "third" }
      }
      #expect(await late.value == .inProgress)
      #expect(store.state() == .reserved)
      gate.open()
      let result = try await first
      #expect(String(buffer: result.value) == "first")
      let replay = try await service.perform { _ in "again" }
      #expect(replay.isReplayed)
      #expect(service.waiters.total == 0)
    }
    #expect(store.inner.watches.count == 0)
  }

  @Test("W9 So many wait for one key, and whoever comes on top is refused at once; another key has its own")
  func crowd() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      service.timers.stop()
      let gate = ServiceGate()
      let started = ServiceGate()
      async let first = service.perform { _ in
        started.open()
        await gate.wait()
        return "first"
      }
      await started.wait()
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<Engine.maximumWaiters {
          group.addTask {
            (try? await service.perform(Self.policy(.seconds(60))) { _ in "second" })?.isReplayed ?? false
          }
        }
        await store.counter(.read).wait(for: Engine.maximumWaiters)
        #expect(await service.failure(Self.policy(.seconds(60))) { _ in "one too many" } == .inProgress)
        #expect(service.waiters.total == Engine.maximumWaiters)
        #expect(service.waiters.begin(RecordKey(unchecked: "service", scope: "-", clientKey: "other")))
        gate.open()
        for await isReplayed in group { #expect(isReplayed) }
      }
      _ = try await first
      #expect(service.waiters.total == 1)
    }
    #expect(store.inner.watches.count == 0)
  }

  @Test("A node that stops does not let its waiters wait (E18, X11)")
  func drain() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store, drainTimeout: .zero) { service, shutDown in
      let gate = ServiceGate()
      let started = ServiceGate()
      async let first = service.failure { _ in
        started.open()
        _ = await gate.waitCancellable()
        return "first"
      }
      await started.wait()
      async let second = service.failure(Self.policy(.seconds(60))) { _ in "second" }
      await store.counter(.read).wait(for: 1)
      await shutDown()
      #expect(await second == .notReady)
      _ = await first
    }
    #expect(store.inner.watches.count == 0)
  }
}
