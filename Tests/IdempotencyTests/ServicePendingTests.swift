import NIOCore
import Testing

@testable import Idempotency

/// Rule X5: the store goes away while an operation runs.
@Suite(.timeLimit(.minutes(1))) struct ServicePendingTests {
  @Test(
    "A completion that fails is answered pending and repeated in the background until it is taken (X5)",
    arguments: [
      2, 3, 6,
    ])
  func retried(_ failures: Int) async throws {
    let store = ServiceStore { kind, number in kind == .complete && number <= failures ? .failed(.notSent) : .applied }
    try await ServiceBench.run(store) { service, _ in
      let result = try await service.perform { _ in "done" }
      #expect(result.isPending)
      #expect(String(buffer: result.value) == "done")
      await store.counter(.complete).wait(for: failures + 1)
      while store.state() != .completed { await Task.yield() }
      let isReplayed = try await service.perform { _ in "again" }.isReplayed
      #expect(isReplayed)
    }
  }

  @Test("One failure is no reason to answer pending")
  func once() async throws {
    let store = ServiceStore { kind, number in kind == .complete && number == 1 ? .failed(.unknown) : .applied }
    try await ServiceBench.run(store) { service, _ in
      let isPending = try await service.perform { _ in "done" }.isPending
      #expect(!isPending)
    }
  }

  @Test("What comes on top of the bytes that may be pending is stored without its answer")
  func bounded() async throws {
    let store = ServiceStore { kind, number in kind == .complete && number <= 4 ? .failed(.notSent) : .applied }
    try await ServiceBench.run(store, pendingBytes: 10) { service, _ in
      _ = try await service.perform { _ in "eleven char" }
      await store.counter(.complete).wait(for: 5)
      while store.state() == .reserved { await Task.yield() }
      #expect(await service.failure { _ in "again" } == .resultNotRetained)
    }
  }

  @Test("Bytes that were pending are given back")
  func letGo() async throws {
    let store = ServiceStore { kind, number in kind == .complete && number % 4 != 0 ? .failed(.notSent) : .applied }
    try await ServiceBench.run(store, pendingBytes: 10) { service, _ in
      for index in 1...5 {
        let key = RecordKey(unchecked: "service", scope: "-", clientKey: "\(index)")
        _ = try await service.perform(key: key, fingerprint: ServiceBench.fingerprint) { _ in
          ByteBuffer(string: "ten chars.")
        }
        await store.counter(.complete).wait(for: 4 * index)
        while store.state(of: key) != .completed { await Task.yield() }
        // The bytes are let go right behind the reply.
        while !service.hold(10) { await Task.yield() }
        service.letGo(10)
      }
    }
  }

  @Test("An exchange that still writes has let go of its operation, and of what that holds")
  func operationIsLetGo() async throws {
    final class Body: Sendable {}
    let gate = ServiceGate()
    let store = ServiceStore { kind, number in
      if kind == .reserve { return .failed(.unknown) }
      if kind == .release, number > 1 { await gate.wait() }
      return kind == .release && number == 1 ? .failed(.unknown) : .applied
    }
    try await ServiceBench.run(store) { service, _ in
      weak var held: Body?
      do {
        let body = Body()
        held = body
        #expect(await service.failure { _ in "\(body)" } != nil)
      }
      await store.counter(.release).wait(for: 2)
      #expect(held == nil)
      gate.open()
    }
    #expect(store.state() == .free)
  }

  @Test("The lease is kept alive while a completion is pending (X5)")
  func renewed() async throws {
    let store = ServiceStore { kind, _ in
      guard kind == .complete else { return .applied }
      return .failed(.refused(.misconfigured))
    }
    try await ServiceBench.run(store, drainTimeout: .milliseconds(1)) { service, _ in
      let policy = ServiceBench.policy(.executeAgain) { $0.lease = .milliseconds(300) }
      let isPending = try await service.perform(policy) { _ in "done" }.isPending
      #expect(isPending)
      await store.counter(.renew).wait(for: 6)
      #expect(await service.failure(policy) { _ in "again" } == .inProgress)
    }
  }
}
