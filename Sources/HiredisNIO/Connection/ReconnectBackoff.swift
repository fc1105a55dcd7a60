public import NIOCore

/// How long to wait between attempts to connect: doubling, bounded, and never in step with other clients.
public struct ReconnectBackoff: Sendable, Equatable {
  /// The wait after the first failed attempt.
  ///
  /// 20 ms by default: longer than it takes a local server to refuse, so no core is kept busy, and shorter than a caller
  /// notices.
  public var initial: TimeAmount

  /// The longest wait.
  ///
  /// 2 s by default: what waits for a restarted server to settle counts on no client staying away longer (DESIGN, "When
  /// Redis comes back changed").
  public var maximum: TimeAmount

  /// Makes a backoff.
  ///
  /// - Parameters:
  ///   - initial: The wait after the first failed attempt; at least 1 ms.
  ///   - maximum: The longest wait; at least `initial`.
  public init(initial: TimeAmount = .milliseconds(20), maximum: TimeAmount = .seconds(2)) {
    self.initial = max(initial, .milliseconds(1))
    self.maximum = max(maximum, self.initial)
  }

  /// The wait before the next attempt.
  ///
  /// - Parameters:
  ///   - failures: Attempts that failed one after the other; 1 or more.
  ///   - jitter: 0…1: where between half of the wait and all of it.
  /// - Returns: The wait.
  func delay(failures: Int, jitter: Double) -> TimeAmount {
    let doublings = min(max(failures, 1) - 1, 30)
    let (product, overflow) = initial.nanoseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
    let full = overflow ? maximum.nanoseconds : min(product, maximum.nanoseconds)
    return .nanoseconds(full / 2 + Int64(Double(full / 2) * jitter))
  }
}
