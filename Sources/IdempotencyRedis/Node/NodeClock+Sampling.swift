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
  /// - Returns: The best; nil if none was good enough.
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
      let better = [best, sample].compactMap(\.self).min { $0.roundTrip < $1.roundTrip }
      return round(remaining: remaining - 1, best: better, on: eventLoop, ask: ask)
    }
  }

  private static func sample(_ reply: RESPValue, sent: BootInstant, received: BootInstant) -> Sample? {
    guard let parts = reply.array, parts.count == 2,
      let seconds = parts[0].string.flatMap({ Int64($0) }), let microseconds = parts[1].string.flatMap({ Int64($0) })
    else { return nil }
    let sample = Sample(serverMicroseconds: seconds * 1_000_000 + microseconds, sent: sent, received: received)
    return sample.roundTrip <= maximumRoundTrip ? sample : nil
  }
}
