/// 128 random bits that tell one reservation from every other.
///
/// A reservation is resent with the same token, never with a new one.
public struct OwnerToken: Sendable, Hashable {
  let high: UInt64
  let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}
