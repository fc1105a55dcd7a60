import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOCore
import NIOPosix
import Testing

@testable import IdempotencyRedis

/// X8: a store that holds more than it may keep, and a Redis that loses everything.
@Suite struct PutBackBoundTests {
  /// More than fit in every shard: each gets 8,750 of these, give or take 100, and keeps 8,192.
  private static let reservations = 70_000
  /// What the default keeps of them.
  private static let kept = 65_536
  /// More than fit in ``bytes`` even without their answers.
  private static let outcomes = 12_000
  private static let bytes = 2 * 1024 * 1024
  /// Sent before their replies are awaited: many, to be done soon, and few against a time-out of 5 s in a debug build.
  private static let batch = 2_000

  @Test(
    "X8: all that fits is put back, what does not is counted and logged once, and nothing fails",
    .timeLimit(.minutes(3)))
  func bounds() async throws {
    let log = LogLines()
    // Its own: a debug build takes seconds for so many, and other tests' event loops must not stand still.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await RedisServer.start()
    let store = RedisFixture.makeStore(server.configuration, eventLoopGroup: group, logger: log.logger) {
      $0.putBack.bytes = Self.bytes
    }
    try await store.waitUntilReady(timeout: .seconds(20))

    let body = String(repeating: "x", count: 4 * 1024)
    let done = try await send((0..<Self.outcomes).map { _ in Specimen.complete(.random(), body: body) }, to: store)
    #expect(done.replies.allSatisfy { $0 == .outcome(.restored) })
    let records = (0..<Self.reservations).map { _ in Specimen.record() }
    let held = try await send(records.map(Specimen.reserve), to: store)
    #expect(held.replies.allSatisfy { $0 == .granted })
    var figures = store.putBackFigures
    #expect(figures.reservations == Self.kept)
    #expect(figures.droppedReservations == Self.reservations - Self.kept)
    #expect(figures.bytes <= Self.bytes && figures.droppedOutcomes > 0)

    await server.kill()
    try await server.restart()
    while (try? await server.command("DBSIZE").integer) ?? 0 == 0 { try await Task.sleep(for: .milliseconds(5)) }
    let begun = ContinuousClock.now
    try await store.waitUntilReady(timeout: .minutes(2))
    let duration = ContinuousClock.now - begun

    figures = store.putBackFigures
    #expect(figures.reservations == Self.kept && figures.droppedReservations == Self.reservations - Self.kept)
    let back = Self.outcomes - figures.droppedOutcomes
    #expect(back > 0)
    #expect(try await server.command("DBSIZE").integer == Int64(Self.kept + back))
    #expect(log.lines.count { $0.contains("more than can be put back") } == 2)
    #expect(log.lines.count { $0.contains("\(Self.kept) reservations") } == 1)
    #expect(log.lines.count { $0.contains("\(Self.bytes) bytes of outcomes") } == 1)
    #expect(log.lines.count { $0.contains("putting back reservations and outcomes") } == 1)
    print("X8: \(Self.kept) reservations and \(back) outcomes were put back in \(duration)")

    // The newest outcomes and the first reservations are the ones that are kept.
    let reads = try await send(done.keys.suffix(100).map { _ in .read }, to: store, keys: Array(done.keys.suffix(100)))
    let states = reads.replies.map { if case .record(let stored) = $0 { stored.head.state } else { RecordState.free } }
    #expect(states.allSatisfy { $0 == .completed || $0 == .notRetained })
    for (range, outcome) in [(0..<1_000, StoreOutcome.applied), (69_000..<70_000, .restored)] {
      let ends = records[range].map { Specimen.complete($0.head.token) }
      let replies = try await send(ends, to: store, keys: Array(held.keys[range])).replies
      #expect(replies.allSatisfy { $0 == .outcome(outcome) })
    }
    await store.shutdown()
    await server.stop()
    try await group.shutdownGracefully()
  }

  /// Sends operations about keys, fresh ones unless they are given, on one event loop.
  private func send(
    _ operations: [StoreOperation], to store: RedisIdempotencyStore, keys: [RecordKey]? = nil
  ) async throws -> (keys: [RecordKey], replies: [StoreReply]) {
    let keys = keys ?? operations.map { _ in Specimen.key() }
    let loop = store.client.anyConnection().eventLoop
    var replies: [StoreReply] = []
    for start in stride(from: 0, to: operations.count, by: Self.batch) {
      let range = start..<min(start + Self.batch, operations.count)
      replies += try await loop.flatSubmit {
        EventLoopFuture.whenAllSucceed(
          range.map { index in
            let promise = loop.makePromise(of: StoreReply.self)
            store.perform(operations[index], for: keys[index], on: loop) { promise.completeWith($0.mapError { $0 }) }
            return promise.futureResult
          }, on: loop)
      }.get()
    }
    return (keys, replies)
  }
}
