import NIOCore
import Testing

@testable import Idempotency

@Suite("An operation that asks for its own key is told so", .timeLimit(.minutes(1)))
struct ServiceReentrancyTests {
  @Test("perform inside perform with one key: the inner executes nothing, the outer's result is stored (E1, I9)")
  func sameKey() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      for policy in [ServiceBench.policy(), ServiceBench.policy { $0.onInProgress = .wait(upTo: .seconds(30)) }] {
        let result = try await service.perform(policy) { _ in
          let failure = await service.failure(policy) { _ in
            Issue.record("the inner operation ran")
            return ""
          }
          #expect(failure == .reentrant)
          return "outer"
        }
        #expect(String(buffer: result.value) == "outer")
        #expect(store.state() == .completed)
      }
      #expect(store.counter(.reserve).count == 2)
    }
  }

  @Test("It is recognised behind another key's operation, in child tasks and in tasks that were started")
  func deeper() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      let other = try #require(RecordKey("service:-:other"))
      let result = try await service.perform { _ in
        let inner = try await service.perform(key: other, fingerprint: ServiceBench.fingerprint) { _ in
          async let child = service.failure { _ in "again" }
          #expect(await child == .reentrant)
          #expect(await Task { await service.failure { _ in "again" } }.value == .reentrant)
          return ByteBuffer(string: "inner")
        }
        return "outer of " + String(buffer: inner.value)
      }
      #expect(String(buffer: result.value) == "outer of inner")
    }
  }

  @Test("A task that an operation left behind may ask for the key once the operation is over")
  func leftBehind() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      let (gate, later) = (ServiceGate(), ServiceGate())
      let replayed = ServiceCounter()
      _ = try await service.perform { _ in
        Task {
          await gate.wait()
          let result = try await service.perform { _ in "again" }
          if result.isReplayed { replayed.add() }
          later.open()
        }
        return "first"
      }
      gate.open()
      await later.wait()
      #expect(replayed.count == 1)
    }
  }

  @Test("Another service's key of the same name is another key")
  func anotherService() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      try await ServiceBench.run(ServiceStore()) { other, _ in
        let result = try await service.perform { _ in
          String(buffer: try await other.perform { _ in "inner" }.value)
        }
        #expect(String(buffer: result.value) == "inner")
      }
    }
  }
}
