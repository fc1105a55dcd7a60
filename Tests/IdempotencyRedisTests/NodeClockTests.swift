import HiredisNIO
import Idempotency
import IdempotencyTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import IdempotencyRedis

@Suite struct NodeClockTests {
  static let second: Int64 = 1_000_000_000

  static func instant(_ seconds: Int64) -> BootInstant { BootInstant(nanoseconds: seconds * second) }

  static func time(_ seconds: String, _ microseconds: String) -> RESPValue {
    .array([.bulkString(ByteBuffer(string: seconds)), .bulkString(ByteBuffer(string: microseconds))])
  }

  static func sample(_ seconds: Int64, at sent: Int64) -> NodeClock.Sample {
    .init(serverMicroseconds: seconds * 1_000_000, sent: instant(sent), received: instant(sent))
  }

  @Test("The upper bound is no earlier than the server's own time, whatever the round trip was (X13)")
  func bound() {
    let clock = NodeClock()
    #expect(clock.upperBound(at: .now) == nil)
    let sent = BootInstant(nanoseconds: 5_000_000_000)
    let received = BootInstant(nanoseconds: 5_080_000_000)
    // The server read its clock right when it was asked: the worst case for the bound.
    clock.set(.init(serverMicroseconds: 1_000_000_000, sent: sent, received: received))
    let later = BootInstant(nanoseconds: 65_000_000_000)
    let bound = clock.upperBound(at: later)!
    #expect(bound >= 1_000_000 + 60_000)
    #expect(bound <= 1_000_000 + 60_000 + 61)
    clock.reset()
    #expect(clock.upperBound(at: later) == nil)
  }

  @Test("Of five samples the shortest round trip counts, and none over 100 ms")
  func best() throws {
    let loop = EmbeddedEventLoop()
    let asked = NIOLockedValueBox(0)
    let sample = try NodeClock.sample(on: loop) {
      asked.withLockedValue { $0 += 1 }
      return loop.makeSucceededFuture(Self.time("1700000000", "5"))
    }.wait()
    #expect(asked.withLockedValue { $0 } == 5)
    #expect(try #require(sample).roundTrip <= NodeClock.maximumRoundTrip)
    let none = try NodeClock.sample(on: loop) { loop.makeSucceededFuture(.null) }.wait()
    #expect(none == nil)
  }

  @Test("X13 an offset that is not renewed gets wider with its age, and is no longer known after ten minutes")
  func aging() throws {
    let clock = NodeClock()
    clock.set(Self.sample(1_000, at: 100))
    /// How much later than the server's time the bound is, in milliseconds, if both clocks run alike.
    func slack(after seconds: Int64) throws -> Int64 {
      try #require(clock.upperBound(at: Self.instant(100 + seconds))) - (1_000 + seconds) * 1_000
    }
    // Each clock may be slewed by 500 ppm.
    for seconds in [0, 30, 60, 61, 120, 300, 599] as [Int64] {
      let needed = max(60, seconds)
      #expect((needed...needed + 1).contains(try slack(after: seconds)), "after \(seconds) s")
    }
    #expect(clock.upperBound(at: Self.instant(701)) == nil)
    #expect(clock.upperBound(at: Self.instant(1_000_000)) == nil)
    // The next good sample makes it known again.
    clock.set(Self.sample(2_000, at: 1_100))
    #expect(clock.upperBound(at: Self.instant(1_100)) == 2_000_060)
  }

  @Test("X13 samples that all take longer than 100 ms renew nothing: after ten minutes the time is not known")
  func slow() throws {
    let reply = Self.time("1700000000", "0")
    let received = BootInstant(nanoseconds: Self.second + NodeClock.maximumRoundTrip)
    #expect(NodeClock.sample(reply, sent: Self.instant(1), received: received)?.server == 1_700_000_000_000_000)
    let late = BootInstant(nanoseconds: received.nanoseconds + 1)
    #expect(NodeClock.sample(reply, sent: Self.instant(1), received: late) == nil)
  }

  @Test(
    "X13 a time that cannot be is no sample, whatever it would overflow",
    arguments: [
      ("10413792000", "0"), ("9999913601", "0"), ("10000000000000", "0"), ("99999999999999", "999999"),
      ("9223372036854775807", "999999"), ("99999999999999999999", "0"), ("1700000000", "1000000"),
      ("1700000000", "9223372036854775807"), ("0", "99999999999999999999"),
    ])
  func implausible(seconds: String, microseconds: String) throws {
    let sent = BootInstant.now
    let sample = try #require(NodeClock.sample(Self.time(seconds, microseconds), sent: sent, received: sent))
    #expect(sample.server == nil)
    let log = LogLines()
    let clock = NodeClock(logger: log.logger)
    clock.set(sample)
    #expect(!clock.isKnown)
    clock.set(sample)
    #expect(log.lines.count == 1)
    #expect(log.lines.first?.contains("set the clock of its machine") == true)
    // A time that was known before is kept, and one that is right again counts.
    clock.set(.init(serverMicroseconds: 1_700_000_000_000_000, sent: sent, received: sent))
    clock.set(sample)
    #expect(clock.upperBound(at: sent) == 1_700_000_000_060)
    #expect(log.lines.count == 2)
  }

  @Test("X13 the latest time that counts leaves room for the longest lease in a record's 13 digits")
  func latest() throws {
    let sent = Self.instant(1)
    let sample = try #require(NodeClock.sample(Self.time("9999913599", "999999"), sent: sent, received: sent))
    let clock = NodeClock()
    clock.set(sample)
    let bound = try #require(clock.upperBound(at: sent))
    #expect(bound > 9_999_913_599_999)
    // The engine takes what the bound adds for no time.
    #expect(Moment(boot: sent, server: bound).server == nil)
    #expect(NodeClock.sample(Self.time("9999913600", "0"), sent: sent, received: sent)?.server == nil)
  }

  @Test(
    "A reply that is no answer to TIME is no sample",
    arguments: [
      .null, .integer(1_700_000_000), .simpleString("OK"), .array([]), .array([.integer(1_700_000_000), .integer(0)]),
      .array([.simpleString("1700000000"), .simpleString("0")]), time("", "0"), time("-1", "0"),
      time("1700000000", "-1"),
      time("1.5", "0"), time("+1", "0"), time(" 1", "0"), .array([.bulkString(ByteBuffer(string: "1700000000"))]),
    ] as [RESPValue])
  func noTime(reply: RESPValue) {
    #expect(NodeClock.sample(reply, sent: .now, received: .now) == nil)
  }

  @Test("Of a round the times that can be come first, however slow")
  func plausibleFirst() throws {
    let loop = EmbeddedEventLoop()
    let asked = NIOLockedValueBox(0)
    let sample = try NodeClock.sample(on: loop) {
      let number = asked.withLockedValue { asked in
        asked += 1
        return asked
      }
      return loop.makeSucceededFuture(number == 3 ? Self.time("1700000000", "0") : Self.time("99999999999999", "0"))
    }.wait()
    #expect(sample?.server == 1_700_000_000_000_000)
  }

  @Test("Sets from several threads and reads beside them never show an earlier bound (X13)")
  func concurrent() async {
    let clock = NodeClock()
    clock.set(Self.sample(1_000, at: 100))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          for step in 0..<2_000 as Range<Int64> {
            let sent = BootInstant(nanoseconds: (100 + step % 400) * Self.second)
            clock.set(
              .init(serverMicroseconds: (1_000 + step % 400) * 1_000_000, sent: sent, received: sent))
          }
        }
      }
      group.addTask {
        for _ in 0..<4_000 {
          guard let bound = clock.upperBound(at: Self.instant(600)) else { continue }
          #expect(bound >= 1_500_000 + 60)
        }
      }
    }
  }

  @Test(
    "A store whose first answers to TIME were too slow asks again, and becomes ready (X13)", .timeLimit(.minutes(1)))
  func askedAgain() async throws {
    let server = try await RedisServer.start(.init())
    let proxy = try await FaultProxy.start(port: server.port)
    await proxy.delay(.serverToClient, by: .milliseconds(130))
    let store = RedisFixture.makeStore(RedisConfiguration(address: .tcp(host: proxy.host, port: proxy.port)))
    let running = Task { try await store.run() }
    await #expect(throws: RedisStoreError.self) { try await store.waitUntilReady(timeout: .seconds(3)) }
    #expect(!store.isReady)
    await proxy.delay(.serverToClient, by: .zero)
    try await store.waitUntilReady(timeout: .seconds(20))
    #expect(store.isReady)
    running.cancel()
    _ = await running.result
    await store.shutdown()
    await proxy.stop()
    await server.stop()
  }
}
