internal import HiredisNIO
internal import Idempotency
internal import NIOCore

extension NodeClock {
  /// The shortest round trip of five is hardly ever one that waited behind something.
  static let samplesPerRound = 5

  /// Asks `TIME` five times, one after the other, and takes the best.
  ///
  /// - Parameters:
  ///   - eventLoop: Where the replies arrive.
  ///   - ask: Sends `TIME` once.
  /// - Returns: The best, a time that can be before one that cannot; nil if none was good enough.
  static func sample(
    on eventLoop: any EventLoop, ask: @escaping @Sendable () -> EventLoopFuture<RESPValue>
  ) -> EventLoopFuture<Sample?> {
    round(remaining: samplesPerRound, best: nil, on: eventLoop, ask: ask)
  }

  private static func round(
    remaining: Int, best: Sample?, on eventLoop: any EventLoop,
    ask: @escaping @Sendable () -> EventLoopFuture<RESPValue>
  ) -> EventLoopFuture<Sample?> {
    guard remaining > 0 else { return eventLoop.makeSucceededFuture(best) }
    let sent = BootInstant.now
    return ask().flatMap { reply in
      let sample = sample(reply, sent: sent, received: .now)
      let better = [best, sample].compactMap(\.self).min { $0.rank < $1.rank }
      return round(remaining: remaining - 1, best: better, on: eventLoop, ask: ask)
    }
  }

  /// What a reply to `TIME` says: two bulk strings of digits, seconds and microseconds.
  ///
  /// - Returns: Nil if the reply is no answer to `TIME`, or came too late.
  static func sample(_ reply: RESPValue, sent: BootInstant, received: BootInstant) -> Sample? {
    guard let parts = reply.array, parts.count == 2, let seconds = number(parts[0]), let fraction = number(parts[1])
    else {
      return nil
    }
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carry) = whole.addingReportingOverflow(fraction)
    let isTime = !overflow && !carry && fraction < 1_000_000
    // A negative number stands for any time that cannot be.
    let sample = Sample(serverMicroseconds: isTime ? sum : -1, sent: sent, received: received)
    return sample.roundTrip <= maximumRoundTrip ? sample : nil
  }

  /// The number that a bulk string of digits writes; the largest where it does not fit.
  private static func number(_ value: RESPValue) -> Int64? {
    guard let bytes = value.bytes?.readableBytesView, !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int64(String(decoding: bytes, as: UTF8.self)) ?? .max
  }
}

extension NodeClock.Sample {
  /// The lower, the better: a time that can be before one that cannot, then the shorter round trip.
  fileprivate var rank: (Int, Int64) { (server == nil ? 1 : 0, roundTrip) }
}
