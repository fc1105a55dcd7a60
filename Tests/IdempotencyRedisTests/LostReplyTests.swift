import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import NIOPosix
import Testing

/// Replies that are lost on the way: the command was applied, and nobody heard of it.
@Suite struct LostReplyTests {
  func with(_ body: (RedisFixture, FaultProxy, any IdempotencyStore) async throws -> Void) async throws {
    try await RedisFixture.with { fixture in
      let proxy = try await FaultProxy.start(port: fixture.server.port)
      // One connection, so that the reply that is swallowed is the one that is waited for.
      let store = RedisFixture.makeStore(
        RedisConfiguration(address: .tcp(host: proxy.host, port: proxy.port)),
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton.next())
      try await store.waitUntilReady()
      do {
        // The scripts are loaded: else the reply that is lost is NOSCRIPT, and nothing was applied.
        for operation in Specimen.operations { _ = try await store.perform(operation, for: Specimen.key()) }
        try await body(fixture, proxy, store)
      } catch {
        await store.shutdown()
        await proxy.stop()
        throw error
      }
      await store.shutdown()
      await proxy.stop()
    }
  }

  @Test("The reply to a reservation is lost: resent with the same token it is ours (X6)")
  func reserve() async throws {
    try await with { fixture, proxy, store in
      let (key, record) = (Specimen.key(), Specimen.record())
      await proxy.swallowNextReplyThenCut()
      #expect(await store.failure(Specimen.reserve(record), for: key)?.kind == .unknown)
      let reply = try await store.perform(Specimen.reserve(record), for: key)
      #expect(reply == .record(StoredRecord(record)))
    }
  }

  @Test("The reply to a completion is lost: it is stored, and resending says so (X7)")
  func complete() async throws {
    try await with { fixture, proxy, store in
      let key = Specimen.key()
      let record = try await store.hold(key)
      let complete = Specimen.complete(record.head.token)
      await proxy.swallowNextReplyThenCut()
      #expect(await store.failure(complete, for: key)?.kind == .unknown)
      #expect(try await store.perform(complete, for: key) == .outcome(.already))
      guard case .record(let stored) = try await store.perform(.read, for: key) else { return }
      #expect(stored.head.state == .completed)
    }
  }

  @Test("Release and mark-uncertain are as safe to resend")
  func others() async throws {
    try await with { fixture, proxy, store in
      for operation in [Specimen.release, Specimen.mark] {
        let key = Specimen.key()
        let record = try await store.hold(key)
        await proxy.swallowNextReplyThenCut()
        #expect(await store.failure(operation(record.head.token), for: key)?.kind == .unknown)
        #expect(try await store.perform(operation(record.head.token), for: key) == .outcome(.already))
      }
    }
  }
}
