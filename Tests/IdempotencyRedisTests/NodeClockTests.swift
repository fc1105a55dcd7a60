import HiredisNIO
import Idempotency
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import IdempotencyRedis

@Suite struct NodeClockTests {
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
    let reply = RESPValue.array([.bulkString(ByteBuffer(string: "1700000000")), .bulkString(ByteBuffer(string: "5"))])
    let sample = try NodeClock.sample(on: loop) {
      asked.withLockedValue { $0 += 1 }
      return loop.makeSucceededFuture(reply)
    }.wait()
    #expect(asked.withLockedValue { $0 } == 5)
    #expect(try #require(sample).roundTrip <= NodeClock.maximumRoundTrip)
    let none = try NodeClock.sample(on: loop) { loop.makeSucceededFuture(.null) }.wait()
    #expect(none == nil)
  }
}
