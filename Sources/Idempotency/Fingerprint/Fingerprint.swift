/// The first 128 bits of the HMAC of what a request asks for; equal requests have equal fingerprints.
public struct Fingerprint: Sendable, Hashable {
  let high: UInt64
  let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The fingerprint of a free key that any request may follow: all zeros.
  public static let any = Fingerprint(high: 0, low: 0)
}
